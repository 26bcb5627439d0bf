// text_compare: the lines in which two files or two texts differ, or the nearly equal files of a folder.
import type { ToolContext } from '../../../llm/tool.ts';
import { confinePath, readWholeConfined } from '../confine-path.ts';
import { count, printable, quoteLine, toSources } from '../quote.ts';
import { numberOf, optionalString } from '../read-arguments.ts';
import { isBinary, readSources, splitLines } from '../read-source.ts';
import { type Arguments, defineReadingTool, SkillFault, type ToolAnswer } from '../skill.ts';
import { listScope } from './detect-findings.ts';
import { differLines } from './line-difference.ts';
import { findNearCopies, MIN_COPY_LINES } from './near-copies.ts';

export const textCompare = defineReadingTool({
  name: 'text_compare',
  description:
    'Compare two files or two texts line by line and show the differences; or, given a folder, find files that are nearly equal (near duplicates, copied code).',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      leftPath: {
        type: 'string',
        minLength: 1,
        maxLength: 4096,
        description: 'The first (older) file.',
        examples: ['src/old.ts'],
      },
      rightPath: {
        type: 'string',
        minLength: 1,
        maxLength: 4096,
        description: 'The second (newer) file.',
        examples: ['src/new.ts'],
      },
      leftText: {
        type: 'string',
        maxLength: 200000,
        description: 'The first text, instead of a file.',
        examples: ['one\ntwo'],
      },
      rightText: {
        type: 'string',
        maxLength: 200000,
        description: 'The second text, instead of a file.',
        examples: ['one\n2'],
      },
      folder: {
        type: 'string',
        maxLength: 4096,
        description: 'Instead of two sides: find the nearly equal files of this folder; `.` is the whole project.',
        examples: ['.', 'src'],
      },
      minSimilarity: {
        type: 'number',
        minimum: 0.5,
        maximum: 1,
        default: 0.8,
        description: 'For a folder: the share of equal lines from which two files are nearly equal.',
        examples: [0.8],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 2000,
        default: 200,
        description: 'How many lines or pairs to return at most.',
        examples: [100],
      },
    },
  },
  async answer(args, context) {
    const folder = optionalString(args, 'folder');
    const limit = numberOf(args, 'limit', 200);
    if (folder !== null) return compareFolder(context, folder, numberOf(args, 'minSimilarity', 0.8), limit);
    return compareSides(await readSide(args, 'left', context), await readSide(args, 'right', context), limit);
  },
});

interface Side {
  readonly name: string;
  readonly isFile: boolean;
  readonly lines: readonly string[];
}

async function readSide(args: Arguments, side: 'left' | 'right', context: ToolContext): Promise<Side> {
  const text = args[`${side}Text`];
  if (typeof text === 'string') return { name: side, isFile: false, lines: splitLines(text) };
  const path = optionalString(args, `${side}Path`);
  if (path === null) {
    throw new SkillFault(
      'skills.invalid-arguments',
      `/${side}Path: give two sides (\`leftPath\` or \`leftText\`, and \`rightPath\` or \`rightText\`), or a \`folder\`; for example {"leftPath": "a.txt", "rightPath": "b.txt"}.`,
    );
  }
  const target = await confinePath(context.projectRoot, path, context.closedFolders);
  const bytes = await readWholeConfined(target, 2_000_000);
  if (isBinary(bytes))
    throw new SkillFault('skills.binary', `\`${target.relative}\` is a binary file; only text is compared.`);
  return { name: target.relative, isFile: true, lines: splitLines(bytes.toString('utf8')) };
}

function compareSides(left: Side, right: Side, limit: number): ToolAnswer {
  const changes = differLines(left.lines, right.lines);
  if (changes === null) {
    const text = `${left.name} and ${right.name} differ in more than 2000 lines (${left.lines.length} and ${right.lines.length} lines); they are different texts.`;
    return { text, data: { equal: false, changes: null }, sources: [] };
  }
  const shown = changes.slice(0, limit);
  const added = changes.filter((change) => change.change === '+').length;
  const head =
    changes.length === 0
      ? `${printable(left.name)} and ${printable(right.name)} are equal (${count(left.lines.length, 'line')}).`
      : `${printable(right.name)} has ${count(added, 'line')} that ${printable(left.name)} has not, and lacks ${count(changes.length - added, 'line')} of it${shown.length < changes.length ? `; shown are ${shown.length}` : ''}.`;
  const named = shown.map((change) => ({ ...change, path: change.change === '+' ? right.name : left.name }));
  const files = [left, right].filter((side) => side.isFile).map((side) => side.name);
  return {
    text: [
      head,
      ...named.map((change) => `${printable(change.path)}:${change.line}: ${change.change} ${quoteLine(change.text)}`),
    ].join('\n'),
    data: { equal: changes.length === 0, added, removed: changes.length - added, changes: named },
    sources: toSources(named.filter((change) => files.includes(change.path))),
  };
}

async function compareFolder(
  context: ToolContext,
  folder: string,
  minSimilarity: number,
  limit: number,
): Promise<ToolAnswer> {
  const listing = await listScope(context, { path: folder, glob: null });
  const { sources } = await readSources(context, listing.root, listing.files);
  const { pairs, compared } = await findNearCopies(sources, minSimilarity, context.signal);
  const shown = pairs.slice(0, limit);
  return {
    text: [
      `${count(pairs.length, 'pair')} of nearly equal files among ${count(compared, 'source file')} of at least ${MIN_COPY_LINES} different lines.`,
      ...shown.map(
        (pair) =>
          `${printable(pair.path)}:1: shares ${Math.floor(pair.similarity * 100)} % of all different lines with ${printable(pair.other)}`,
      ),
    ].join('\n'),
    data: { pairs: shown },
    sources: toSources(shown.map((pair) => ({ path: pair.path, line: 1 }))),
  };
}
