// Shows Markdown as quiet prose: headings, lists, tables, code with a copy button.
// biome-ignore-all lint/suspicious/noArrayIndexKey: the parts have no identity but their place
import { Fragment, memo, useMemo } from 'react';
import { type Block, type Inline, parseMarkdown } from '../lib/markdown.ts';
import { classes } from './classes.ts';
import { CopyButton } from './copy.tsx';

function Inlines({ items }: { readonly items: readonly Inline[] }) {
  return items.map((item, index) => {
    const key = `${index}`;
    switch (item.kind) {
      case 'text':
        return <Fragment key={key}>{item.text}</Fragment>;
      case 'code':
        return (
          <code
            key={key}
            className="rounded-sm border border-line bg-sunken px-1 py-px font-mono text-[0.92em] break-words"
          >
            {item.text}
          </code>
        );
      case 'strong':
        return (
          <strong key={key} className="font-semibold text-ink">
            <Inlines items={item.children} />
          </strong>
        );
      case 'emphasis':
        return (
          <em key={key}>
            <Inlines items={item.children} />
          </em>
        );
      case 'struck':
        return (
          <s key={key}>
            <Inlines items={item.children} />
          </s>
        );
      case 'link':
        return (
          <a
            key={key}
            href={item.href}
            target="_blank"
            rel="noreferrer noopener"
            className="text-accent-ink underline underline-offset-2"
          >
            <Inlines items={item.children} />
          </a>
        );
      default:
        return null;
    }
  });
}

const headingLooks = [
  'text-lg font-semibold mt-3',
  'text-base font-semibold mt-3',
  'text-sm font-semibold mt-2',
  'text-sm font-semibold mt-1',
];

/** How deep a heading stands among those of its text, without the levels that the text leaves out. */
function depthOf(level: number, levels: readonly number[]): number {
  return Math.max(1, levels.indexOf(level) + 1);
}

interface BlocksProps {
  readonly blocks: readonly Block[];
  readonly level: number;
  readonly levels: readonly number[];
}

function Blocks({ blocks, level, levels }: BlocksProps) {
  return blocks.map((block, index) => {
    const key = `${index}`;
    switch (block.kind) {
      case 'heading': {
        // The page has its own first headings: those of the text go below them.
        const Tag = `h${Math.min(6, depthOf(block.level, levels) + level)}` as 'h3';
        return (
          <Tag key={key} className={classes('tracking-tight first:mt-0', headingLooks[Math.min(block.level, 4) - 1])}>
            <Inlines items={block.children} />
          </Tag>
        );
      }
      case 'paragraph':
        return (
          <p key={key} className="whitespace-pre-line break-words">
            <Inlines items={block.children} />
          </p>
        );
      case 'code':
        return (
          <div key={key} className="relative overflow-hidden rounded-md border border-line bg-sunken">
            <div className="absolute top-1 right-1">
              <CopyButton text={block.text} name="Copy code" />
            </div>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
            <pre tabIndex={0} className="overflow-x-auto p-3 pr-9 font-mono text-xs leading-5 -outline-offset-2">
              {block.text}
            </pre>
          </div>
        );
      case 'list': {
        const Tag = block.ordered ? 'ol' : 'ul';
        return (
          <Tag
            key={key}
            start={block.ordered ? block.start : undefined}
            className={classes(
              'flex flex-col gap-1 pl-5',
              block.ordered ? 'list-decimal' : 'list-disc',
              'marker:text-ink-3',
            )}
          >
            {block.items.map((item, position) => (
              <li
                key={`${position}`}
                className={classes('[&>*+*]:mt-1', item.checked !== null && '-ml-5 flex list-none gap-2')}
              >
                {item.checked !== null && (
                  <input
                    type="checkbox"
                    checked={item.checked}
                    readOnly
                    disabled
                    aria-label={item.checked ? 'done' : 'open'}
                  />
                )}
                <div className="min-w-0 flex-1">
                  <Blocks blocks={item.blocks} level={level} levels={levels} />
                </div>
              </li>
            ))}
          </Tag>
        );
      }
      case 'quote':
        return (
          <blockquote key={key} className="flex flex-col gap-2 border-l-2 border-line-strong pl-3 text-ink-2">
            <Blocks blocks={block.blocks} level={level} levels={levels} />
          </blockquote>
        );
      case 'table':
        return (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          <div key={key} tabIndex={0} className="overflow-x-auto rounded-md border border-line -outline-offset-2">
            <table className="w-full text-left">
              <thead className="border-b border-line bg-sunken text-xs text-ink-2">
                <tr>
                  {block.head.map((cell, position) => (
                    <th key={`${position}`} className="px-3 py-1.5 font-medium">
                      <Inlines items={cell} />
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody className="divide-y divide-line">
                {block.rows.map((row, line) => (
                  <tr key={`${line}`}>
                    {row.map((cell, position) => (
                      <td key={`${position}`} className="px-3 py-1.5 align-top">
                        <Inlines items={cell} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        );
      case 'line':
        return <hr key={key} className="border-line" />;
      default:
        return null;
    }
  });
}

interface MarkdownViewProps {
  readonly text: string;
  /** The level of the page's heading that the text stands under. */
  readonly level?: number;
}

export const MarkdownView = memo(function MarkdownView({ text, level = 2 }: MarkdownViewProps) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  const levels = useMemo(
    () =>
      [...new Set(blocks.flatMap((block) => (block.kind === 'heading' ? [block.level] : [])))].sort((a, b) => a - b),
    [blocks],
  );
  return (
    <div className="flex flex-col gap-2.5 text-sm leading-[1.45rem] text-ink">
      <Blocks blocks={blocks} level={level} levels={levels} />
    </div>
  );
});
