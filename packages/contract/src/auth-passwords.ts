// What a password must not be, decided by one pure function for server and forms. The list of common ones is large: the
// server brings it along, a form does without and hears of it when it is sent.
export const shortestPassword = 12;
export const longestPassword = 256;

export const passwordRules = [
  'too-short',
  'too-long',
  'unchanged',
  'repeated',
  'sequence',
  'personal',
  'product',
  'common',
] as const;
export type PasswordRule = (typeof passwordRules)[number];

export interface PasswordFault {
  readonly rule: PasswordRule;
  readonly message: string;
}

export interface PasswordSurroundings {
  /** Of the account that the password is for. */
  readonly email?: string | undefined;
  /** The password that it replaces. */
  readonly current?: string | undefined;
  /** Is this text, in lower case, on a list of common passwords? */
  readonly isCommon?: (text: string) => boolean;
}

const messages: Record<PasswordRule, string> = {
  'too-short': `At least ${shortestPassword} characters.`,
  'too-long': `At most ${longestPassword} characters.`,
  unchanged: 'This is the password that you have.',
  repeated: 'It repeats a few characters or a short pattern.',
  sequence: 'It follows the keys of a keyboard, the digits or the alphabet.',
  personal: 'It is little more than the name in the e-mail address.',
  product: 'It is little more than the name of this product.',
  common: 'It is on the list of common passwords, or is one of them repeated or filled up.',
};

const productName = 'gathering';
/** What must be left of a password without a name that anybody could put into it. */
const leastBesideNames = 8;
const longestPattern = 4;
const leastDifferent = 5;
const leastSequence = 4;
const leastBesideSequences = 6;
/** Shorter common ones are parts of many words. */
const leastCommonStem = 4;

/** Every rule that the password breaks; none: it may be taken. */
export function findPasswordFaults(password: string, surroundings: PasswordSurroundings = {}): PasswordFault[] {
  // What is far too long is not looked at any further.
  if (password.length > longestPassword) return [faultOf('too-long')];
  const { email, current, isCommon = () => false } = surroundings;
  const text = password.normalize('NFKC').toLowerCase();
  const broken: PasswordRule[] = [];
  if (password.length < shortestPassword) broken.push('too-short');
  if (current !== undefined && password === current) broken.push('unchanged');
  if (isRepeated(text)) broken.push('repeated');
  if (isSequence(text)) broken.push('sequence');
  if (namesOfEmail(email).some((name) => isNameAndLittleElse(text, name, isCommon))) broken.push('personal');
  if (isNameAndLittleElse(text, productName, isCommon)) broken.push('product');
  if (isMadeOfCommon(text, isCommon)) broken.push('common');
  return broken.map(faultOf);
}

function faultOf(rule: PasswordRule): PasswordFault {
  return { rule, message: messages[rule] };
}

function isRepeated(text: string): boolean {
  return new Set(text).size < leastDifferent || periodOf(text) <= Math.min(longestPattern, text.length / 2);
}

/** The length of the shortest piece that, written again and again, gives the text; the last time it may be cut off. */
function periodOf(text: string): number {
  // The failure function of Knuth, Morris and Pratt: its last value is the longest border of the text.
  const borders = [0];
  for (let at = 1; at < text.length; at += 1) {
    let border = borders[at - 1] ?? 0;
    while (border > 0 && text[at] !== text[border]) border = borders[border - 1] ?? 0;
    borders.push(text[at] === text[border] ? border + 1 : 0);
  }
  return text.length - (borders.at(-1) ?? 0);
}

const forwards = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  '1234567890-=',
  '!@#$%^&*()_+',
  'qwertyuiop[]',
  'asdfghjkl;',
  'zxcvbnm,./',
  'qwertzuiopü',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
];
const sequences = [...forwards, ...forwards.map((line) => [...line].reverse().join(''))];

/** Little is left once the sequences are taken out. */
function isSequence(text: string): boolean {
  let left = 0;
  let found = 0;
  for (let at = 0; at < text.length; ) {
    const length = sequenceAt(text, at);
    if (length >= leastSequence) found += 1;
    else left += 1;
    at += length >= leastSequence ? length : 1;
  }
  return found > 0 && left < leastBesideSequences;
}

function sequenceAt(text: string, at: number): number {
  let longest = 0;
  for (const line of sequences) {
    let length = longest + 1;
    while (at + length <= text.length && line.includes(text.slice(at, at + length))) length += 1;
    longest = Math.max(longest, length - 1);
  }
  return longest;
}

/** The part before the @, and without what mail servers leave out of it. */
function namesOfEmail(email: string | undefined): string[] {
  const local = email?.normalize('NFKC').toLowerCase().split('@')[0] ?? '';
  const plain = local.split('+')[0] ?? '';
  return [...new Set([local, plain])].filter((name) => name.length >= 3);
}

function isNameAndLittleElse(text: string, name: string, isCommon: (text: string) => boolean): boolean {
  if (!text.includes(name)) return false;
  const rest = text.replaceAll(name, '').replace(/[^\p{L}\p{N}]/gu, '');
  return rest.length < leastBesideNames || isRepeated(rest) || isSequence(rest) || isMadeOfCommon(rest, isCommon);
}

function isMadeOfCommon(text: string, isCommon: (text: string) => boolean): boolean {
  const piece = text.slice(0, periodOf(text));
  return [text, piece].some((one) => isCommon(one) || isCommonAndFilling(one, isCommon));
}

/** A common one with digits and signs around it, also where digits and signs stand for letters. */
function isCommonAndFilling(text: string, isCommon: (text: string) => boolean): boolean {
  const stem = text.replace(/[^\p{L}]+$/u, '');
  const stems = [stem, stem.replace(/^[^\p{L}]+/u, '')];
  // A common one may end in digits itself, so the filling may begin at each of them.
  for (let end = text.length - 1; /\d/.test(text[end] ?? ''); end -= 1) stems.push(text.slice(0, end));
  return stems.flatMap((one) => [one, inLetters(one)]).some((one) => one.length >= leastCommonStem && isCommon(one));
}

const letters: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'l',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
};

function inLetters(text: string): string {
  return text.replace(/[@431!0$57]/g, (sign) => letters[sign] ?? sign);
}
