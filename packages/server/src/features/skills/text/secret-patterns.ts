// What a leaked secret looks like, and how it is masked before it is shown. Placeholders, lookups of
// variables and documented examples are none: each pattern is checked for randomness.

export interface FoundSecret {
  readonly kind: string;
  /** The characters to hide, by position in the line. */
  readonly start: number;
  readonly end: number;
}

interface TokenForm {
  readonly kind: string;
  readonly pattern: RegExp;
  /** Published by its vendor: told where it stands in a program all the same. */
  readonly isExample?: boolean;
}

// Vendors' own prefixes: these are certain by their form.
const TOKENS: readonly TokenForm[] = [
  { kind: 'AWS access key id', pattern: /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g },
  { kind: 'AWS access key id of an example', pattern: /\bAKIA[0-9A-Z]{9}EXAMPLE\b/g, isExample: true },
  { kind: 'GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{22,255})\b/g },
  { kind: 'GitLab token', pattern: /\bglpat-[\w-]{20,}/g },
  { kind: 'Slack token', pattern: /\bxox[abeprs]-[A-Za-z0-9-]{10,}/g },
  { kind: 'Slack webhook', pattern: /https:\/\/hooks\.slack\.com\/services\/T\w{6,}\/B\w{6,}\/\w{16,}/g },
  { kind: 'Google API key', pattern: /\bAIza[0-9A-Za-z_-]{35}(?![\w-])/g },
  { kind: 'Google OAuth secret', pattern: /\bGOCSPX-[\w-]{28}/g },
  { kind: 'Anthropic API key', pattern: /\bsk-ant-[\w-]{20,}/g },
  { kind: 'OpenAI API key', pattern: /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}/g },
  { kind: 'Stripe key', pattern: /\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{16,}\b/g },
  { kind: 'Stripe webhook secret', pattern: /\bwhsec_[0-9A-Za-z+/=]{24,}/g },
  { kind: 'npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  { kind: 'PyPI token', pattern: /\bpypi-[\w-]{50,}/g },
  { kind: 'Hugging Face token', pattern: /\bhf_[A-Za-z0-9]{30,}\b/g },
  { kind: 'SendGrid key', pattern: /\bSG\.[\w-]{16,}\.[\w-]{16,}/g },
  { kind: 'Twilio key', pattern: /\b(?:SK|AC)[0-9a-f]{32}\b/g },
  { kind: 'DigitalOcean token', pattern: /\bdo[opr]_v1_[0-9a-f]{64}\b/g },
  { kind: 'Shopify token', pattern: /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b/g },
  { kind: 'Azure storage key', pattern: /\bAccountKey=[A-Za-z0-9+/]{80,}={0,2}/g },
  { kind: 'JSON web token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g },
];

const SECRET_NAME = String.raw`(?:[\w.-]{0,40}(?:password|passwd|passphrase|pwd|secret|api[_-]?key|apikey|access[_-]?key|auth[_-]?token|access[_-]?token|private[_-]?key|client[_-]?secret|encryption[_-]?key|signing[_-]?key|bearer|token|credentials?)[\w-]{0,40})`;
const QUOTED = new RegExp(
  String.raw`["'\`]?\b(${SECRET_NAME})["'\`]?\s*(?::\s*[\w<>|. ]{1,30}=|:=|=>|[:=])\s*(["'\`])([^"'\`\s]{6,200})\2`,
  'gi',
);
const UNQUOTED = new RegExp(
  String.raw`^\s*(?:export\s+|-\s+|ENV\s+)?(${SECRET_NAME})\s*[:=]\s*([^\s"'\`#;]{8,200})\s*(?:#.*)?$`,
  'gi',
);
/** Most lines name no secret; they need no closer look. */
const NAMED = /pass|pwd|secret|key|token|bearer|credential/i;
const CONNECTION = /\b([a-z][a-z0-9+.-]{2,20}):\/\/([^\s:/@'"`<>]{0,64}):([^\s@/'"`<>]{3,128})@([\w.-]+)/gi;

const PLACEHOLDER =
  /example|sample|placeholder|change.?me|replace.?me|your|dummy|fake|fixme|todo|insert|redacted|\bx{3,}|x{5,}|\*{3}|\.\.\.|0{6}|^test|^(?:none|null|true|false|undefined|empty)$|foobar|lorem|<[^>]*>|\$\{|\$\(|\{\{|%\(|%[A-Z_]+%|^\$[A-Za-z_]|env\b|environ|getenv|secrets?\.|vault:|^arn:|^file:|^ref:/i;

/** What every secret that is found holds somewhere: a text without it needs no closer look. */
const HINT =
  /AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|hooks\.slack|AIza|GOCSPX-|\bsk-|[sr]k_(?:live|test)_|whsec_|npm_|pypi-|hf_|SG\.|(?:SK|AC)[0-9a-f]{32}|do[opr]_v1_|shp(?:at|ca|pa|ss)_|AccountKey=|eyJ|PRIVATE KEY|:\/\/[^\s/]{0,64}:[^\s/]{0,128}@|pass|pwd|secret|key|token|bearer|credential/i;

/** False for a text, of any length, that holds no secret for certain. */
export function mayHoldSecret(text: string): boolean {
  return HINT.test(text);
}

/** The secrets of one line, from left to right, without overlaps. `loose`: also `NAME=value` without quotes. */
export function findSecrets(line: string, loose: boolean): FoundSecret[] {
  const text = line.slice(0, 4000);
  const found: FoundSecret[] = [];
  const add = (secret: FoundSecret) => {
    if (!found.some((known) => secret.start < known.end && secret.end > known.start)) found.push(secret);
  };
  for (const { kind, pattern, isExample } of TOKENS) {
    for (const match of text.matchAll(pattern)) {
      if (isExample !== true && !isRandomToken(match[0])) continue;
      add({ kind, start: match.index, end: match.index + match[0].length });
    }
  }
  for (const match of text.matchAll(CONNECTION)) {
    const [whole, , user = '', password = '', host = ''] = match;
    if (!isSecretPassword(password, user, host)) continue;
    const start = match.index + whole.length - host.length - 1 - password.length;
    add({ kind: 'password in a connection string', start, end: start + password.length });
  }
  if (!NAMED.test(text)) return found.sort((a, b) => a.start - b.start);
  for (const match of text.matchAll(QUOTED)) {
    const [whole, name = '', , value = ''] = match;
    if (!isSecretValue(name, value)) continue;
    const start = match.index + whole.length - 1 - value.length;
    add({ kind: describeName(name), start, end: start + value.length });
  }
  if (loose) {
    for (const match of text.matchAll(UNQUOTED)) {
      const [whole, name = '', value = ''] = match;
      if (!isSecretValue(name, value)) continue;
      const start = match.index + whole.lastIndexOf(value);
      add({ kind: describeName(name), start, end: start + value.length });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** The line with the middle of every secret hidden. */
export function maskSecrets(line: string, loose: boolean = true): string {
  let masked = '';
  let done = 0;
  for (const secret of findSecrets(line, loose)) {
    masked += line.slice(done, secret.start) + maskValue(line.slice(secret.start, secret.end));
    done = secret.end;
  }
  return (masked + line.slice(done)).replace(KEY_MATERIAL, '$1****');
}

/** A whole private key may stand in one line, as a string. */
const KEY_MATERIAL = /(-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----)(?=.{16}).+/g;

export function maskValue(value: string): string {
  if (value.length < 12) return '****';
  return value.length < 20 ? `${value.slice(0, 2)}****` : `${value.slice(0, 4)}****${value.slice(-2)}`;
}

/** Shannon entropy in bits a character. */
export function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, number) => {
    const share = number / value.length;
    return sum - share * Math.log2(share);
  }, 0);
}

function isRandomToken(token: string): boolean {
  // Prefixes may hold words (`sk_test_`); what follows must look drawn at random.
  const body = token.replace(
    /^(?:sk-(?:ant|proj|svcacct|admin)-|[a-z]{2,6}_(?:live_|test_|pat_|v1_)?|github_pat_|sk-)/,
    '',
  );
  if (/example|placeholder|your|changeme|dummy|fake|redacted|x{6,}|0{8,}|\.\.\./i.test(body)) return false;
  return /\d/.test(body) && entropyOf(body) >= 2.8;
}

function isSecretPassword(password: string, user: string, host: string): boolean {
  if (isPlaceholder(password)) return false;
  const local =
    /^(?:localhost|127\.|0\.0\.0\.0|(?:db|postgres|mysql|redis|mongo|rabbitmq|host|hostname|server)$)/i.test(host);
  const weak = password.toLowerCase() === user.toLowerCase() || COMMON.test(password);
  return !(weak || (local && password.length < 8));
}

const COMMON =
  /^(?:pass(?:word|wd)?|pw|secret|admin|root|postgres|mysql|redis|guest|user(?:name)?|token|key|default|dev|local|demo)$/i;

function isSecretValue(name: string, value: string): boolean {
  if (isPlaceholder(value) || COMMON.test(value)) return false;
  // A path, a web address, a call, an access to a property or a name of something is no value.
  if (/^(?:\.{0,2}\/|~\/|https?:\/\/|[a-z]+:\/\/|@|#)/i.test(value) || /[(){}<>]|\[.*\]/.test(value)) return false;
  if (/^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value) && !/\d/.test(value)) return false;
  if (
    /(?:file|path|name|url|uri|field|header|label|type|param|prefix|suffix|pattern|regex|length|count|column|hint|hash(?:er)?|algorithm|id|expires?(?:in|at)?|ttl|policy|limit)$/i.test(
      name.replace(/[_-]/g, ''),
    )
  ) {
    return false;
  }
  const isPassword = /pass|pwd|credential/i.test(name);
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((pattern) => pattern.test(value)).length;
  if (isPassword) return value.length >= 6 && classes >= 2 && /[\d!@#$%^&*?+=]/.test(value) && entropyOf(value) >= 2.5;
  return (
    value.length >= 12 && /\d/.test(value) && /[A-Za-z]/.test(value) && entropyOf(value) >= 3.2 && !isReadable(value)
  );
}

/** Keys of a row of letters or digits are made up, unless they are as long as real ones. */
function isPlaceholder(value: string): boolean {
  return PLACEHOLDER.test(value) || (value.length < 24 && /1234567|abcdef/i.test(value));
}

/** `refresh-token-v2`, `user.session.key1`: words joined together, with a number at most. */
function isReadable(value: string): boolean {
  const parts = value.split(/[-_.:/\s]+/);
  return parts.length > 1 && parts.every((part) => /^(?:[A-Za-z]{2,}\d{0,2}|v?\d{1,4})$/.test(part));
}

function describeName(name: string): string {
  return /pass|pwd|credential/i.test(name) ? 'hard-coded password' : 'hard-coded secret';
}
