import { describe, expect, it } from 'vitest';
import { ConfigFaults, describeConfig, readConfig } from './config.ts';

function faultsOf(env: Record<string, string>) {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigFaults) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

describe('the configuration', () => {
  it('works with nothing set', () => {
    expect(readConfig({ PATH: '/usr/bin', HOME: '/home/somebody' })).toMatchObject({
      dataDir: './data',
      databaseUrl: undefined,
      port: 4400,
      host: '127.0.0.1',
      owner: undefined,
      drainMs: 10_000,
      egressAllow: [],
      embeddedFsync: true,
      logLevel: 'info',
      workerSlots: 16,
      corsOrigins: [],
      trustedProxies: [],
    });
  });

  it('reads every setting', () => {
    const config = readConfig({
      GATHERING_EGRESS_ALLOW: '[::1]:80, wiki.internal:443',
      GATHERING_EMBEDDED_FSYNC: 'off',
      GATHERING_CORS_ORIGINS: 'https://a.example,http://localhost:5173',
      GATHERING_TRUSTED_PROXIES: '10.0.0.0/8,::1',
      GATHERING_OWNER_EMAIL: 'owner@example.org',
      GATHERING_OWNER_PASSWORD: 'twelve letters',
      DATABASE_URL: 'postgres://u:p@localhost/db',
      PORT: '0',
    });
    expect(config).toMatchObject({
      egressAllow: [
        { host: '::1', port: 80 },
        { host: 'wiki.internal', port: 443 },
      ],
      embeddedFsync: false,
      corsOrigins: ['https://a.example', 'http://localhost:5173'],
      trustedProxies: ['10.0.0.0/8', '::1'],
      owner: { email: 'owner@example.org', password: 'twelve letters' },
      databaseUrl: 'postgres://u:p@localhost/db',
      port: 0,
    });
  });

  it('takes an empty value for not set, as compose files write it', () => {
    expect(readConfig({ DATABASE_URL: '', PORT: ' ' })).toMatchObject({ databaseUrl: undefined, port: 4400 });
  });

  it('tells all faults together', () => {
    const { faults, message } = faultsOf({
      PORT: '99999',
      GATHERING_DRAIN_MS: 'soon',
      GATHERING_EGRESS_ALLOW: 'localhost',
      GATHERING_LOG_LEVEL: 'loud',
      GATHERING_PUBLIC_URL: 'ftp://x',
    });
    expect(faults.map(({ name }) => name)).toEqual([
      'PORT',
      'GATHERING_DRAIN_MS',
      'GATHERING_EGRESS_ALLOW',
      'GATHERING_LOG_LEVEL',
      'GATHERING_PUBLIC_URL',
    ]);
    expect(message).toContain('PORT: got "99999", expected a whole number from 0 to 65535. Example: 4400');
  });

  it('never shows the value of a secret', () => {
    const { message } = faultsOf({
      GATHERING_SECRET_KEY: 'hunter2',
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      GATHERING_OWNER_EMAIL: 'o@example.org',
      GATHERING_OWNER_PASSWORD: 'hunter2',
    });
    expect(message).not.toContain('hunter2');
    expect(message).toContain('a value of 7 characters (not shown)');
  });

  it('refuses an unknown setting and names the nearest known one', () => {
    const [fault] = faultsOf({ GATHERING_DATADIR: '/srv' }).faults;
    expect(fault).toMatchObject({ name: 'GATHERING_DATADIR', expected: 'a known name, such as GATHERING_DATA_DIR' });
  });

  it.each([
    [{ GATHERING_OWNER_EMAIL: 'o@example.org' }, 'GATHERING_OWNER_PASSWORD'],
    [{ GATHERING_OWNER_PASSWORD: 'twelve letters' }, 'GATHERING_OWNER_EMAIL'],
    [{ DATABASE_DIRECT_URL: 'postgres://localhost/x' }, 'DATABASE_URL'],
  ])('misses the other half of %o', (env, missing) => {
    expect(faultsOf(env).faults).toMatchObject([{ name: missing, got: 'nothing' }]);
  });

  it('describes every setting, with an example that is accepted', () => {
    for (const { name, description, expected, example, secret } of describeConfig()) {
      expect(description, name).toMatch(/\.$/);
      expect(expected, name).not.toBe('undefined');
      const halves = {
        DATABASE_URL: 'postgres://localhost/x',
        GATHERING_OWNER_EMAIL: 'o@example.org',
        GATHERING_OWNER_PASSWORD: 'twelve letters',
        GATHERING_SECRET_KEY: 'a'.repeat(64),
      };
      expect(() => readConfig({ ...halves, [name]: example }), name).not.toThrow();
      expect(secret, name).toBe(/URL$|KEY|PASSWORD/.test(name) && name !== 'GATHERING_PUBLIC_URL');
    }
  });
});
