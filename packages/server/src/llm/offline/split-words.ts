// Text to comparable words: lower case, split at case changes and signs, stemmed, without the words
// that carry no meaning of their own. The same text always gives the same words.

const STOP_WORDS = new Set(
  (
    'a an the this that these those and or nor but so if then else than as at by for from in into of off on onto out over to under up down with within ' +
    'about after again all also any are be been being both can could did do does doing done each either every few had has have having he her here hers him ' +
    'his how i is it its itself just let lets may me might more most much must my no not now only other our ours own please same shall she should some such ' +
    'their theirs them there they thing things too until us very via was we well were what when where whether which while who whom whose why will would you ' +
    'your yours give given giving show shows showing me use uses used using make makes one ones etc e g eg ie per out it is there'
  ).split(' '),
);

const stems = new Map<string, string>();
const MAX_STEMS = 20_000;

/** A light English stemmer: enough that `changes`, `changed` and `changing` are one word. */
export function stemWord(word: string): string {
  const known = stems.get(word);
  if (known !== undefined) return known;
  const stem = cutEndings(word);
  if (stems.size >= MAX_STEMS) stems.clear();
  stems.set(word, stem);
  return stem;
}

const IRREGULAR: Readonly<Record<string, string>> = {
  found: 'find',
  written: 'write',
  wrote: 'write',
  sent: 'send',
  got: 'get',
  made: 'make',
  biggest: 'big',
  hottest: 'hot',
  longest: 'long',
  longer: 'long',
  larger: 'large',
  largest: 'large',
  directories: 'directory',
  histories: 'history',
  people: 'person',
};

function cutEndings(word: string): string {
  const irregular = IRREGULAR[word];
  if (irregular !== undefined) return irregular === word ? word : cutEndings(irregular);
  if (word.length < 4 || /\d/.test(word)) return word;
  let stem = word;
  if (stem.endsWith('ies') && stem.length > 4) stem = `${stem.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(stem)) stem = stem.slice(0, -2);
  else if (stem.endsWith('s') && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
  const cut = stem.replace(/(?:ingly|edly|ation|ing|est|ed|ly)$/, '');
  if (cut !== stem && cut.length >= 3 && /[aeiouy]/.test(cut)) stem = cut.replace(/([bdfgmnprt])\1$/, '$1');
  if (stem.endsWith('e') && stem.length > 3) stem = stem.slice(0, -1);
  if (stem.endsWith('y') && stem.length > 3) stem = `${stem.slice(0, -1)}i`;
  return stem;
}

/** Parts of a name or words of a sentence: `minLines`, `min_lines` and `min lines` are the same. */
export function splitName(text: string): string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z](?!s\b)[a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== '');
}

/** The stems of a text that carry meaning, in order, with repetitions. */
export function meaningfulStems(text: string): string[] {
  const found: string[] = [];
  for (const word of splitName(text)) {
    if (STOP_WORDS.has(word) || (word.length < 2 && !/\d/.test(word))) continue;
    found.push(stemWord(word));
  }
  return found;
}

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word.toLowerCase());
}

/** Neighbours written as one word, so that `time zone` meets `timezone`. */
export function joinedPairs(words: readonly string[]): string[] {
  const pairs: string[] = [];
  for (let index = 0; index + 1 < words.length; index += 1) pairs.push(`${words[index]}${words[index + 1]}`);
  return pairs;
}

// Words that people use for the same thing when they ask for work. Plain English, no product names.
const SAME_MEANING: readonly (readonly string[])[] = [
  ['read', 'open', 'view', 'print', 'content'],
  ['list', 'enumerate', 'overview'],
  ['find', 'search', 'look', 'locate', 'seek', 'scan'],
  ['match', 'search', 'find'],
  ['count', 'number', 'many', 'amount', 'total'],
  ['compare', 'difference', 'differ', 'versus', 'diff'],
  ['history', 'log', 'commit', 'past'],
  ['change', 'modify', 'edit', 'touch', 'commit', 'churn'],
  ['fetch', 'download', 'get', 'request', 'retrieve', 'load'],
  ['author', 'person', 'owner', 'contributor', 'who'],
  ['author', 'write'],
  ['large', 'big', 'huge', 'size'],
  ['directory', 'folder'],
  ['tree', 'layout', 'hierarchy'],
  ['secret', 'password', 'credential', 'token', 'key'],
  ['remove', 'delete', 'erase', 'drop'],
  ['create', 'add', 'new', 'insert'],
  ['write', 'save', 'store'],
  ['send', 'post', 'mail', 'notify'],
  ['weather', 'forecast', 'temperature'],
  ['city', 'town', 'place', 'location'],
  ['url', 'link', 'address', 'website', 'page'],
  ['begin', 'start', 'since', 'from'],
  ['frequent', 'often', 'hot'],
  ['money', 'amount', 'price', 'cost', 'sum'],
];

const meanings: ReadonlyMap<string, readonly string[]> = collectMeanings();

function collectMeanings(): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const group of SAME_MEANING) {
    const words = group.map(stemWord);
    for (const word of words) {
      all.set(word, [...(all.get(word) ?? []), ...words.filter((other) => other !== word)]);
    }
  }
  return all;
}

/** Stems that mean about the same as this one. */
export function similarStems(stem: string): readonly string[] {
  return meanings.get(stem) ?? [];
}
