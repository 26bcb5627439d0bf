// The configuration: read once from the environment, before anything opens, and handed on as an argument.
// Invariant: all faults are told together, and no secret's value ever appears in what is told.
import * as z from 'zod';
import { logLevels } from './log.ts';

interface SettingText {
  description: string;
  example: string;
  /** What a value must look like, as the end of "expected ...". */
  expected: string;
  secret?: boolean;
}

const describe = <S extends z.ZodType>(schema: S, text: SettingText): S => schema.meta({ ...text });

const wholeNumber = (low: number, high: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/)
    .transform(Number)
    .refine((value) => value >= low && value <= high);

const list = <S extends z.ZodType<unknown, string>>(item: S) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));

const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+):\d{1,5}$/)
  .transform((text) => {
    const colon = text.lastIndexOf(':');
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
  })
  .refine(({ port }) => port >= 1 && port <= 65535);

const webAddress = z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol));
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text);
const postgresAddress = z
  .string()
  .refine((text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol));

const settings = z.strictObject({
  GATHERING_DATA_DIR: describe(z.string().default('./data'), {
    description:
      'Folder of the embedded database, the key file and the lock. Made with mode 0700. One process at a time may hold it.',
    expected: 'a path',
    example: './data',
  }),
  DATABASE_URL: describe(postgresAddress.optional(), {
    description:
      'A PostgreSQL server, 15 to 18, instead of the embedded database. Any number of instances may share it.',
    expected: 'an address postgres://user:password@host:port/database',
    example: 'postgres://gathering:password@127.0.0.1:5432/gathering',
    secret: true,
  }),
  DATABASE_DIRECT_URL: describe(postgresAddress.optional(), {
    description:
      'The same database without the pooler, for LISTEN. Needed only where DATABASE_URL leads to a pooler in transaction mode; statements that go through the pooler are then sent without names.',
    expected: 'an address postgres://user:password@host:port/database, together with DATABASE_URL',
    example: 'postgres://gathering:password@127.0.0.1:5432/gathering',
    secret: true,
  }),
  PORT: describe(wholeNumber(0, 65535).default(4400), {
    description: 'Port of the server. 0 takes any free one and says which.',
    expected: 'a whole number from 0 to 65535',
    example: '4400',
  }),
  HOST: describe(z.string().default('127.0.0.1'), {
    description: 'Address that the server listens on. The default is reachable from this machine only.',
    expected: 'an IP address or a host name',
    example: '127.0.0.1',
  }),
  GATHERING_SECRET_KEY: describe(
    z
      .string()
      .refine((text) => text.length >= 32)
      .optional(),
    {
      description:
        'Key that seals stored secrets, instead of the file secret.key in the data folder. Every instance on one database needs the same.',
      expected: '32 bytes in base64 or hexadecimal, or a passphrase of at least 32 characters',
      example: 'the output of: openssl rand -base64 32',
      secret: true,
    },
  ),
  GATHERING_SECRET_KEY_PREVIOUS: describe(
    z
      .string()
      .refine((text) => text.length >= 32)
      .optional(),
    {
      description:
        'What GATHERING_SECRET_KEY was before, while the key is being replaced: secrets that it sealed open still. After `gathering secrets rotate` it is not needed any more.',
      expected:
        'the former value of GATHERING_SECRET_KEY, or the line of secret.key, together with GATHERING_SECRET_KEY',
      example: 'the former value of GATHERING_SECRET_KEY',
      secret: true,
    },
  ),
  GATHERING_OWNER_EMAIL: describe(
    z
      .string()
      .regex(/^[^\s@]+@[^\s@]+$/)
      .max(254)
      .optional(),
    {
      description: 'With GATHERING_OWNER_PASSWORD: makes the owner at the first start, without the one-time link.',
      expected: 'an e-mail address, together with GATHERING_OWNER_PASSWORD',
      example: 'owner@example.org',
    },
  ),
  GATHERING_OWNER_PASSWORD: describe(z.string().min(12).max(256).optional(), {
    description: 'Password of that owner.',
    expected: '12 to 256 characters, together with GATHERING_OWNER_EMAIL',
    example: 'a long sentence that only you know',
    secret: true,
  }),
  GATHERING_DRAIN_MS: describe(wholeNumber(0, 600_000).default(10_000), {
    description: 'How long running work may go on after SIGTERM before the process ends, in milliseconds.',
    expected: 'a whole number from 0 to 600000',
    example: '10000',
  }),
  GATHERING_EGRESS_ALLOW: describe(list(address).default([]), {
    description:
      'Private addresses that skills and actions may call all the same. Others on private networks are refused.',
    expected: 'a list host:port,host:port',
    example: '127.0.0.1:8080,wiki.internal:443',
  }),
  GATHERING_EMBEDDED_FSYNC: describe(
    z
      .enum(['on', 'off'])
      .transform((word) => word === 'on')
      .default(true),
    {
      description:
        'Whether each commit of the embedded database waits for the disk. Off is for tests: a power cut may lose work.',
      expected: 'on or off',
      example: 'on',
    },
  ),
  GATHERING_LOG_LEVEL: describe(z.enum(logLevels).default('info'), {
    description: 'The least important log line that is written.',
    expected: `one of ${logLevels.join(', ')}`,
    example: 'info',
  }),
  GATHERING_WORKER_SLOTS: describe(wholeNumber(1, 1000).default(16), {
    description: 'How many jobs one process works on at once.',
    expected: 'a whole number from 1 to 1000',
    example: '16',
  }),
  GATHERING_PUBLIC_URL: describe(webAddress.optional(), {
    description: 'Address under which people reach the dashboard, for links that are sent out.',
    expected: 'an address http://... or https://...',
    example: 'https://gathering.example.org',
  }),
  GATHERING_CORS_ORIGINS: describe(list(origin).default([]), {
    description: 'Other origins whose pages may call the API from a browser.',
    expected: 'a list of origins, scheme://host[:port] without a path',
    example: 'https://tools.example.org,http://localhost:5173',
  }),
  GATHERING_TRUSTED_PROXIES: describe(list(z.string().regex(/^[0-9a-fA-F:.]+(\/\d{1,3})?$/)).default([]), {
    description: 'Proxies whose X-Forwarded-For is believed.',
    expected: 'a list of IP addresses or networks',
    example: '127.0.0.1,10.0.0.0/8',
  }),
  GATHERING_RATE_LIMITS: describe(
    z
      .string()
      .regex(/^(off|default|\d{1,4}(\.\d{1,3})?)$/)
      .transform((word) => (word === 'off' ? null : Number(word.replace('default', '1'))))
      .refine((factor) => factor === null || factor > 0)
      .default(1),
    {
      description:
        'How often anybody may come: `default`, a number that scales all limits together, or `off` where something before this server limits. Every instance needs the same.',
      expected: 'off, default, or a number above 0 such as 2 or 0.5',
      example: '4',
    },
  ),
});

type Name = keyof typeof settings.shape;

export interface Config {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly databaseDirectUrl: string | undefined;
  readonly port: number;
  readonly host: string;
  readonly secretKey: string | undefined;
  /** Opens what it sealed; seals nothing. */
  readonly previousSecretKey: string | undefined;
  /** The owner to make at the first start. */
  readonly owner: { readonly email: string; readonly password: string } | undefined;
  readonly drainMs: number;
  readonly egressAllow: readonly { readonly host: string; readonly port: number }[];
  readonly embeddedFsync: boolean;
  readonly logLevel: (typeof logLevels)[number];
  readonly workerSlots: number;
  readonly publicUrl: string | undefined;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  /** Scales all limits on how often anybody may come; null: nothing is limited. */
  readonly rateFactor: number | null;
}

export interface ConfigFault {
  name: string;
  /** What was found; a secret is masked. */
  got: string;
  expected: string;
  example: string;
}

/** Everything that is wrong with the environment, in one error whose message is for the person who set it. */
export class ConfigFaults extends Error {
  readonly code = 'config.faults';
  readonly faults: readonly ConfigFault[];
  constructor(faults: readonly ConfigFault[]) {
    const lines = faults.map(
      ({ name, got, expected, example }) => `  ${name}: got ${got}, expected ${expected}. Example: ${example}`,
    );
    super(`The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${lines.join('\n')}`);
    this.name = 'ConfigFaults';
    this.faults = faults;
  }
}

/** Throws ConfigFaults. An empty value counts as not set. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => isOurs(name) && value?.trim()));
  const parsed = settings.safeParse(given);
  const faults = [...findUnknown(given), ...findHalves(given)];
  if (!parsed.success) {
    const names = new Set(parsed.error.issues.map(({ path }) => path[0]));
    for (const name of names) if (isName(name)) faults.push(makeFault(name, given[name]));
  }
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults);
  const { GATHERING_OWNER_EMAIL: email, GATHERING_OWNER_PASSWORD: password, ...rest } = parsed.data;
  return {
    dataDir: rest.GATHERING_DATA_DIR,
    databaseUrl: rest.DATABASE_URL,
    databaseDirectUrl: rest.DATABASE_DIRECT_URL,
    port: rest.PORT,
    host: rest.HOST,
    secretKey: rest.GATHERING_SECRET_KEY,
    previousSecretKey: rest.GATHERING_SECRET_KEY_PREVIOUS,
    owner: email !== undefined && password !== undefined ? { email, password } : undefined,
    drainMs: rest.GATHERING_DRAIN_MS,
    egressAllow: rest.GATHERING_EGRESS_ALLOW,
    embeddedFsync: rest.GATHERING_EMBEDDED_FSYNC,
    logLevel: rest.GATHERING_LOG_LEVEL,
    workerSlots: rest.GATHERING_WORKER_SLOTS,
    publicUrl: rest.GATHERING_PUBLIC_URL,
    corsOrigins: rest.GATHERING_CORS_ORIGINS,
    trustedProxies: rest.GATHERING_TRUSTED_PROXIES,
    rateFactor: rest.GATHERING_RATE_LIMITS,
  };
}

export interface SettingDescription {
  name: string;
  description: string;
  expected: string;
  /** As it would be written; undefined: none. */
  defaultValue: string | undefined;
  example: string;
  secret: boolean;
}

/** Every setting in the order of its importance, for the configuration's page. */
export function describeConfig(): SettingDescription[] {
  return Object.keys(settings.shape)
    .filter(isName)
    .map((name) => ({
      name,
      ...textOf(name),
      secret: textOf(name).secret ?? false,
      defaultValue: writeDefault(settings.shape[name].safeParse(undefined).data),
    }));
}

function isName(name: unknown): name is Name {
  return typeof name === 'string' && Object.hasOwn(settings.shape, name);
}

function isOurs(name: string): boolean {
  return isName(name) || name.startsWith('GATHERING_');
}

function textOf(name: Name): SettingText {
  const { description, example, expected, secret } = settings.shape[name].meta() ?? {};
  return {
    description: String(description),
    example: String(example),
    expected: String(expected),
    secret: secret === true,
  };
}

function makeFault(name: Name, value: string | undefined): ConfigFault {
  const { expected, example, secret } = textOf(name);
  return { name, got: show(value, secret === true), expected, example };
}

function show(value: string | undefined, secret: boolean): string {
  if (value === undefined) return 'nothing';
  if (secret) return `a value of ${value.length} characters (not shown)`;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}

function findUnknown(given: Record<string, string | undefined>): ConfigFault[] {
  return Object.keys(given)
    .filter((name) => !isName(name))
    .map((name) => {
      const nearest = findNearest(name, Object.keys(settings.shape));
      return {
        name,
        got: 'a setting that does not exist',
        expected: `a known name, such as ${nearest}`,
        example: `${nearest}=${isName(nearest) ? textOf(nearest).example : ''}`,
      };
    });
}

/** Settings that mean something only together. */
function findHalves(given: Record<string, string | undefined>): ConfigFault[] {
  const needs: [Name, Name][] = [
    ['GATHERING_OWNER_EMAIL', 'GATHERING_OWNER_PASSWORD'],
    ['GATHERING_OWNER_PASSWORD', 'GATHERING_OWNER_EMAIL'],
    ['DATABASE_DIRECT_URL', 'DATABASE_URL'],
    ['GATHERING_SECRET_KEY_PREVIOUS', 'GATHERING_SECRET_KEY'],
  ];
  return needs
    .filter(([name, other]) => given[name] !== undefined && given[other] === undefined)
    .map(([, other]) => makeFault(other, undefined));
}

function writeDefault(value: unknown): string | undefined {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return undefined;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return String(value);
}

function findNearest(name: string, known: readonly string[]): string {
  const byDistance = known.map((other) => ({ other, distance: editDistance(name, other) }));
  byDistance.sort((a, b) => a.distance - b.distance);
  return byDistance[0]?.other ?? '';
}

/** Levenshtein's distance: how many letters must be put in, taken out or changed. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 0; i < left.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < right.length; j++) {
      const changed = (row[j] ?? 0) + (left[i] === right[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
