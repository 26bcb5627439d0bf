// Detectors that look at one line of code at a time, strings and comments blanked: leftovers of debugging,
// skipped or focused tests, calls that run text as code.
import type { SourceFile } from '../../read-source.ts';
import { type Detector, type Finding, scanLines } from '../finding.ts';
import { isGenerated, isTest } from '../languages.ts';
import { maskSource } from '../mask-source.ts';

interface Rule {
  readonly pattern: RegExp;
  readonly message: string;
  readonly languages: readonly string[];
  readonly weight?: number;
  /** Strings count: what the whole line must hold as well. */
  readonly text?: RegExp;
  /** Only where the path passes, for what is right elsewhere. */
  readonly where?: (path: string) => boolean;
}

const SCRIPTS = ['JavaScript', 'TypeScript'];
const isProgram = (path: string) =>
  !isTest(path) &&
  !/(?:^|\/)(?:bin|cli|scripts?|tools|examples?|bench(?:marks?)?|docs|migrations|seeds?)\/|(?:^|\/)(?:cli|logger|log|main|examples?|demo|[^/]*[-.](?:bin|cli|example|config)|test[-.][^/]*)\.\w+$/i.test(
    path,
  );

const DEBUG_RULES: readonly Rule[] = [
  {
    pattern: /^\s*debugger\s*;?\s*$|[;{]\s*debugger\s*[;}]/,
    message: '`debugger` statement',
    languages: SCRIPTS,
    weight: 1,
  },
  {
    pattern: /\bconsole\.(?:log|debug|trace|dir|table)\s*\(/,
    message: 'output to the console',
    languages: SCRIPTS,
    where: isProgram,
  },
  {
    pattern: /\bconsole\.(?:log|debug)\s*\(/,
    text: /['"`]\W*(?:debug|here|xxx|wtf|test(?:ing)?\b|foo\b|remove)/i,
    message: 'output to the console',
    languages: SCRIPTS,
  },
  {
    pattern: /^\s*print\s*\(/,
    text: /['"]\W*(?:debug|here|xxx|wtf|testing)/i,
    message: 'print call',
    languages: ['Python'],
  },
  {
    pattern: /\b(?:pdb|ipdb|pudb)\.set_trace\s*\(|(?:^|\s)breakpoint\s*\(\s*\)/,
    message: 'breakpoint',
    languages: ['Python'],
    weight: 1,
  },
  { pattern: /^\s*print\s*\(/, message: 'print call', languages: ['Python'], where: isProgram },
  { pattern: /\bbinding\.(?:pry|irb)\b|^\s*byebug\b/, message: 'breakpoint', languages: ['Ruby'], weight: 1 },
  { pattern: /\b(?:var_dump|print_r|dd)\s*\(/, message: 'debug output', languages: ['PHP'] },
  { pattern: /\bdbg!\s*\(/, message: '`dbg!` call', languages: ['Rust'] },
  { pattern: /\.printStackTrace\s*\(\s*\)/, message: '`printStackTrace` call', languages: ['Java'] },
];

const TEST_RULES: readonly Rule[] = [
  {
    pattern: /\b(?:it|test|describe|suite|context|specify)(?:\.(?:concurrent|sequential))?\.only\s*[.(]/,
    message: 'focused test: the others of the file do not run',
    languages: SCRIPTS,
    weight: 1,
  },
  {
    pattern: /(?:^|[\s;{(])(?:fit|fdescribe)\s*\(/,
    message: 'focused test: the others do not run',
    languages: SCRIPTS,
    weight: 1,
    where: isTest,
  },
  {
    pattern: /\b(?:it|test|describe|suite|context|specify)(?:\.(?:concurrent|sequential))?\.(?:skip|fixme)\s*[.(]/,
    message: 'skipped test',
    languages: SCRIPTS,
  },
  { pattern: /(?:^|[\s;{(])(?:xit|xtest|xdescribe)\s*\(/, message: 'skipped test', languages: SCRIPTS },
  { pattern: /\b(?:it|test)\.todo\s*\(/, message: 'test that is only announced', languages: SCRIPTS },
  {
    pattern: /^\s*@(?:pytest\.mark\.(?:skip|xfail)|unittest\.(?:skip|expectedFailure))\b(?!if)/i,
    message: 'skipped test',
    languages: ['Python'],
  },
  { pattern: /\b(?:pytest\.skip|self\.skipTest)\s*\(/, message: 'skipped test', languages: ['Python'], where: isTest },
  { pattern: /^\s*@(?:Ignore|Disabled)\b/, message: 'skipped test', languages: ['Java', 'Kotlin'], where: isTest },
  { pattern: /\bt\.Skip(?:f|Now)?\s*\(/, message: 'skipped test', languages: ['Go'] },
  { pattern: /^\s*#\[ignore\b/, message: 'skipped test', languages: ['Rust'] },
  { pattern: /^\s*(?:xit|xdescribe|xcontext)\b/, message: 'skipped test', languages: ['Ruby'] },
];

const DANGER_RULES: readonly Rule[] = [
  {
    pattern: /(?:^|[^\w.$])eval\s*\(/,
    message: '`eval` runs text as code',
    languages: [...SCRIPTS, 'Python', 'PHP', 'Ruby'],
    weight: 1,
  },
  { pattern: /\bnew\s+Function\s*\(/, message: '`new Function` runs text as code', languages: SCRIPTS, weight: 1 },
  { pattern: /(?:^|[^\w.])exec\s*\(/, message: '`exec` runs text as code', languages: ['Python'], weight: 1 },
  { pattern: /\bshell\s*=\s*True\b/, message: 'command run through a shell (`shell=True`)', languages: ['Python'] },
  { pattern: /\bos\.system\s*\(/, message: '`os.system` runs a command through a shell', languages: ['Python'] },
  { pattern: /\bpickle\.loads?\s*\(/, message: '`pickle` runs code while it loads', languages: ['Python'] },
  {
    pattern: /\brejectUnauthorized\s*:\s*false\b|\bverify\s*=\s*False\b|\bInsecureSkipVerify\s*:\s*true\b/,
    message: 'certificate checks are switched off',
    languages: [...SCRIPTS, 'Python', 'Go'],
    where: (path) => !isTest(path),
    weight: 1,
  },
  {
    pattern: /\b(?:query|execute|executescript|raw|prepare|all|run)\s*\(/i,
    text: /\(\s*f?["'`]\s*(?:select|insert into|update|delete from)\b[^;]*(?:["']\s*(?:\+|%|\.format\()|\$\{|(?<=f["'].*)\{\w)/i,
    message: 'SQL is put together from pieces',
    languages: [...SCRIPTS, 'Python', 'Java', 'PHP', 'Ruby', 'Go', 'C#'],
    where: (path) => !isTest(path),
    weight: 1,
  },
  { pattern: /\bdangerouslySetInnerHTML\b|\.innerHTML\s*=(?!=)/, message: 'raw HTML is set', languages: SCRIPTS },
];

function detector(kind: string, title: string, rules: readonly Rule[]): Detector {
  return { kind, title, inFile: (source) => applyRules(kind, rules, source) };
}

function applyRules(kind: string, rules: readonly Rule[], source: SourceFile): Finding[] {
  const masked = maskSource(source);
  if (masked === null || isGenerated(source.path, source.lines)) return [];
  const found = new Map<number, Finding>();
  for (const rule of rules) {
    if (!rule.languages.includes(masked.language) || rule.where?.(source.path) === false) continue;
    for (const { line } of scanLines(masked.codeLines, rule.pattern)) {
      const quote = source.lines[line - 1] ?? '';
      if (found.has(line) || rule.text?.test(quote.slice(0, 1000)) === false) continue;
      found.set(line, { kind, path: source.path, line, message: rule.message, quote, weight: rule.weight ?? 0 });
    }
  }
  return [...found.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

export const debugLeftoversDetector = detector('debug-leftovers', 'Leftovers of debugging', DEBUG_RULES);
export const skippedTestsDetector = detector('skipped-tests', 'Tests that are skipped or focused', TEST_RULES);
export const dangerousCallsDetector = detector('dangerous-calls', 'Dangerous calls', DANGER_RULES);
