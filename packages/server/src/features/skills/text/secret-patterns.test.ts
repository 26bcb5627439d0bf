import { describe, expect, it } from 'vitest';
import { findSecrets, maskSecrets } from './secret-patterns.ts';

// Put together at run time, so that no scanner takes this file for a leak.
const random = 'aB3dE5fG7hJ9kL2mN4pQ6rS8tU1vW3xY5zA7';
const leaked: readonly (readonly [string, string])[] = [
  ['AWS access key id', `key = AKIA${'Q3EXZ7RT2LPW9VN4'}`],
  ['GitHub token', `token: ghp_${random}`],
  ['GitLab token', `glpat-${random.slice(0, 20)}`],
  ['Slack token', `xoxb-${'2048109382-'}${random.slice(0, 24)}`],
  ['Google API key', `AIza${random.slice(0, 35)}`],
  ['Anthropic API key', `sk-ant-api03-${random}`],
  ['OpenAI API key', `OPENAI_API_KEY=sk-proj-${random}`],
  ['Stripe key', `sk_live_${random.slice(0, 24)}`],
  ['npm token', `//registry.npmjs.org/:_authToken=npm_${random}`],
  ['password in a connection string', 'postgres://app:Tr0ub4dor@db.prod.internal:5432/app'],
  ['hard-coded password', "const dbPassword = 'S3cr3t-Hunter2!';"],
  ['hard-coded password', '"password": "qW8#kd92LmZ"'],
  ['hard-coded password', 'password: string = "qW8#kd92LmZ"'],
  ['hard-coded secret', `api_key = "${random.slice(0, 24)}"`],
  ['hard-coded secret', `JWT_SECRET=${random.slice(0, 24)}`],
];

const harmless = [
  'password = "changeme"',
  'password: "password"',
  "const password = '';",
  'const password = process.env.PASSWORD;',
  'password = os.environ["DB_PASSWORD"]',
  `password: '\${DB_PASSWORD}'`,
  'DB_PASSWORD=$' + '{DB_PASSWORD}',
  'DB_PASSWORD=<your password>',
  'API_KEY=xxxxxxxxxxxxxxxxxxxxxxxx',
  'API_KEY=your-api-key-here-1234',
  `sk-ant-${'your-key-goes-here-please'}`,
  'postgres://postgres:postgres@localhost:5432/test',
  'postgres://user:password@host/db',
  'redis://:@localhost',
  `postgres://app:\${PASSWORD}@db/app`,
  "token: 'refresh_token'",
  "const tokenUrl = 'https://auth.example.org/oauth2/v1/token';",
  "secretName: 'projects/prod/secrets/db1-main'",
  "passwordField = 'input-password-2'",
  "'auth.password.invalid2'",
  'integrity sha512-4kXo8bFLR9CgYcSVZ1RtNcVzDmCwVqzGVrjvbG7Q==',
  'const passwordHash = hash(password1);',
  "accessKey: config.get('accessKey1')",
  'the token is 12 characters long',
  "label: 'Password2 must contain digits'",
  'https://user@example.org/path:80@home',
];

describe('findSecrets', () => {
  it.each(leaked)('finds a %s', (kind, line) => {
    expect(findSecrets(line, true).map((secret) => secret.kind)).toEqual([kind]);
  });

  it.each(harmless)('takes %j for harmless', (line) => {
    expect(findSecrets(line, true)).toEqual([]);
  });

  it('hides the middle of every secret of a line and nothing else', () => {
    const line = `a = "x"; token = "ghp_${random}"; url = "postgres://app:Tr0ub4dor@db.prod/app"`;
    const masked = maskSecrets(line);
    expect(masked).toBe('a = "x"; token = "ghp_****A7"; url = "postgres://app:****@db.prod/app"');
    expect(maskSecrets(`key = "-----BEGIN RSA PRIVATE ${'KEY'}-----\\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xf"`)).toBe(
      `key = "-----BEGIN RSA PRIVATE ${'KEY'}-----****`,
    );
  });

  it('takes hostile lines in time that grows with their length', () => {
    for (const line of [
      'a'.repeat(4000),
      'password='.repeat(500),
      'a://'.repeat(1000),
      `"${'token'.repeat(800)}`,
      'eyJ.'.repeat(1000),
    ]) {
      expect(findSecrets(line, true).length).toBeLessThan(600);
    }
  });

  it("takes the key of a vendor's documentation for an example, not for a leak", () => {
    expect(findSecrets(`key = 'AKIA${'IOSFODNN7EXAMPLE'}'`, true).map(({ kind }) => kind)).toEqual([
      'AWS access key id of an example',
    ]);
  });
});
