// Which offered tool a clause asks for: by shared words with its name, description and schema, rare
// words first. A tool named outright is taken at its name.
import { isRecord, propertiesOf, requiredNames, type Schema, simplifySchema, textOf } from './check-schema.ts';
import { describeProperty } from './describe-property.ts';
import { fillChoice } from './fill-scalars.ts';
import { pointsToEvidence } from './fill-string.ts';
import { findValues, type ValueKind, withoutValues } from './find-values.ts';
import {
  type ClauseWords,
  measureRarity,
  type Rarity,
  readClauseWords,
  scoreFit,
  unexplainedWords,
  type WeightedWords,
  weighWords,
} from './score-words.ts';
import type { Clause } from './split-clauses.ts';
import { isStopWord, similarStems, splitName, stemWord } from './split-words.ts';
import { openingVerb } from './verbs.ts';

export interface OfferedTool {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
}

export interface KnownTool extends OfferedTool {
  readonly words: WeightedWords;
  readonly nameStems: readonly string[];
}

export interface ToolBox {
  readonly tools: readonly KnownTool[];
  readonly rarity: Rarity;
}

export function openToolBox(offered: readonly OfferedTool[]): ToolBox {
  const tools = offered.map((tool) => ({
    ...tool,
    words: describeTool(tool, offered),
    nameStems: splitName(tool.name).map(stemWord),
  }));
  return { tools, rarity: measureRarity(tools.map((tool) => tool.words)) };
}

function describeTool(tool: OfferedTool, offered: readonly OfferedTool[]): WeightedWords {
  // What a description says of other tools would speak for the wrong one.
  const others = offered.filter(({ name }) => name !== tool.name && name.length > 3).map(({ name }) => name);
  const told = tool.description.split(/(?<=[.!?;])\s+/).filter((part) => !others.some((name) => part.includes(name)));
  const [opening, ...rest] = told;
  const root = simplifySchema(tool.schema, tool.schema);
  const fields = [
    { text: splitName(tool.name).join(' '), weight: 3 },
    { text: opening ?? '', weight: 2 },
    { text: rest.join(' '), weight: 1 },
  ];
  for (const [name, raw] of propertiesOf(root)) {
    const property = simplifySchema(raw, tool.schema);
    const items = simplifySchema(property.items, tool.schema);
    const members = [property.enum, items.enum].flatMap((list) => (Array.isArray(list) ? list : []));
    fields.push({ text: splitName(name).join(' '), weight: 1 });
    fields.push({
      text: `${textOf(property.description)} ${textOf(items.description)}`,
      weight: members.length > 0 ? 1 : 0.5,
    });
    for (const member of members) fields.push({ text: String(member), weight: 2 });
    if (isRecord(property.properties)) fields.push({ text: Object.keys(property.properties).join(' '), weight: 0.5 });
  }
  return weighWords(fields);
}

export interface ToolChoice {
  readonly tool: KnownTool;
  /** 1 is one rare word met in a description's middle, 3 one that only this tool's name has. */
  readonly score: number;
  /** Share of the clause's meaning that the tool knows, 0 to 1. */
  readonly coverage: number;
  /** It knows a word besides the verb. */
  readonly knowsSubject: boolean;
  /** It searches for what the clause names. */
  readonly seeks: boolean;
}

const LEAST_SCORE = 1.2;
const LEAST_COVERAGE = 0.3;
const SURE_SCORE = 4;

/** Tools named as they are called, in backticks or as a word of their own. */
export function findNamedTools(text: string, box: ToolBox): KnownTool[] {
  return box.tools.filter((tool) => {
    const escaped = tool.name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    // A name that is an ordinary word (`search`) is only meant as a name in backticks.
    const shape = /[_.-]|[a-z][A-Z]/.test(tool.name) ? `(?<![\\w-])${escaped}(?![\\w-])` : `\`${escaped}(?:\\(\\))?\``;
    return new RegExp(shape).test(text);
  });
}

/**
 * The tool that fits the clause best, or null when none fits well enough. `before` served the part of the
 * same sentence before this one: a part without a verb of its own mostly asks more of the same tool.
 */
export function chooseTool(clause: Clause, box: ToolBox, before: KnownTool | null): ToolChoice | null {
  const ranked = rankTools(clause, box);
  const best = ranked[0];
  if (best === undefined) return null;
  const verb = clause.verb === null ? null : stemWord(clause.verb);
  const same = openingVerb(clause.text) === null ? ranked.find(({ tool }) => tool === before) : undefined;
  if (same && best.score < 2 && same.score >= best.score * 0.5 && same.coverage >= LEAST_COVERAGE) return same;
  if (!fitsWell(best)) return null;
  // Of what speaks of the answer only the verb can mean a tool, when it is a part of its name.
  if (clause.aboutAnswer) return verb !== null && meansTool(verb, best.tool, clause) ? best : null;
  // A tool that knows what is asked for goes before one that only knows the verb.
  const knowing =
    best.knowsSubject || (best.seeks && verb !== null && best.tool.nameStems.includes(verb))
      ? undefined
      : ranked.find((choice) => choice.knowsSubject && fitsWell(choice));
  return knowing ?? best;
}

/** The tool that fits best however badly, for a caller that demands a call. */
export function bestTool(clause: Clause, box: ToolBox): ToolChoice | null {
  return rankTools(clause, box)[0] ?? null;
}

/** `Summarise the orders by day` is work for a tool that can choose how to summarise, and by day. */
function meansTool(verb: string, tool: KnownTool, clause: Clause): boolean {
  if (tool.nameStems.includes(verb)) return true;
  return propertiesOf(simplifySchema(tool.schema, tool.schema)).some(([name, raw]) => {
    const property = simplifySchema(raw, tool.schema);
    if (!Array.isArray(property.enum) || !splitName(name).map(stemWord).includes(verb)) return false;
    return fillChoice(describeProperty(name, property), property.enum, clause.text).length > 0;
  });
}

function fitsWell({ score, coverage }: ToolChoice): boolean {
  return (score >= LEAST_SCORE && coverage >= LEAST_COVERAGE) || score >= SURE_SCORE;
}

const VALUE_KINDS: readonly ValueKind[] = [
  'url',
  'email',
  'date',
  'path',
  'glob',
  'hash',
  'identifier',
  'number',
  'quoted',
  'proper',
];

function rankTools(clause: Clause, box: ToolBox): ToolChoice[] {
  const full = readClauseWords(clause.text);
  const plain = new Set(readClauseWords(withoutValues(clause.text, VALUE_KINDS)).stems);
  const verb = clause.verb === null || isStopWord(clause.verb) ? [] : [stemWord(clause.verb)];
  const words: Pick<ClauseWords, 'stems' | 'pairs'> = {
    stems: [...new Set([...full.stems.filter((stem) => plain.has(stem)), ...verb])],
    pairs: full.pairs,
  };
  const unit = Math.log(1 + Math.max(1, box.tools.length));
  const own =
    clause.verb !== null && openingVerb(clause.text) === clause.verb && !isStopWord(clause.verb)
      ? stemWord(clause.verb)
      : null;
  return box.tools
    .map((tool, index) => {
      const fit = scoreFit(words, tool.words, box.rarity);
      const [shape, coverage] = weighShape(clause, tool, fit.met);
      // A verb that is part of the tool's name says outright what to do.
      const knowsSubject = fit.met.some((stem) => !verb.includes(stem));
      const named = own !== null && tool.nameStems.includes(own) ? 1.5 * Math.max(fit.coverage, coverage) : 0;
      const bonus = shape + weighOrder(clause, tool) + named;
      return {
        tool,
        index,
        score: fit.score / unit + bonus,
        coverage: Math.max(fit.coverage, coverage),
        knowsSubject,
        seeks: coverage > 0,
      };
    })
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score || other.coverage - one.coverage || one.index - other.index);
}

/** `The largest` and `the newest` ask for an order: a tool that can sort by just that serves them best. */
function weighOrder(clause: Clause, tool: KnownTool): number {
  // What stands farther away (`the latest notes of the folder`) is no order.
  const asked = /(?:\S+\s+)?\b(?:\w{2,}est|most|least|top)\b(?:\s+\S+){0,3}/i.exec(clause.text)?.[0];
  if (asked === undefined) return 0;
  for (const [name, raw] of propertiesOf(simplifySchema(tool.schema, tool.schema))) {
    const property = simplifySchema(raw, tool.schema);
    if (!Array.isArray(property.enum) || !/^(?:sort|order|rank)/i.test(name)) continue;
    if (fillChoice(describeProperty(name, property), property.enum, asked).length > 0) return 1.5;
  }
  return 0;
}

function namesFile(clause: Clause): boolean {
  if (pointsToEvidence(clause.text)) return true;
  return findValues(clause.sentence).some(({ kind }) => kind === 'path' || kind === 'quoted');
}

const SEEKING = new Set(['find', 'search', 'look', 'locate', 'grep', 'scan', 'seek']);

/**
 * What the clause's values say for a tool. An address speaks for one that takes addresses; words that no
 * tool explains are what a search is for, so they do not speak against a tool that searches.
 */
function weighShape(clause: Clause, tool: KnownTool, met: readonly string[]): [bonus: number, coverage: number] {
  const root = simplifySchema(tool.schema, tool.schema);
  const required = requiredNames(root);
  const needed = propertiesOf(root).filter(([name]) => required.includes(name));
  const roles = needed.map(([name, raw]) => describeProperty(name, simplifySchema(raw, tool.schema)).role);
  if (roles.includes('url') && /\b[a-z][a-z0-9+.-]{1,20}:\/\//i.test(clause.text)) return [1.5, 0];
  // A file that nobody named and nothing points to will not be found.
  if (roles.includes('path') && !namesFile(clause)) return [-1.5, 0];
  if (!roles.includes('pattern') || clause.verb === null || !SEEKING.has(clause.verb)) return [0, 0];
  const verb = stemWord(clause.verb);
  const searches = met.includes(verb) || tool.nameStems.some((stem) => similarStems(verb).includes(stem));
  const named = findValues(clause.text).some(({ kind }) => kind === 'quoted' || kind === 'capitals');
  return searches && (named || unexplainedWords(clause.text, tool.words).length <= 2) ? [0.6, 0.5] : [0, 0];
}
