// What a skill is, and how its tools answer. A tool says what a caller can mend by throwing a
// `SkillFault`; `defineTool` turns that into a result, so that only bugs and aborts leave `run`.
import type { JsonSchema, Tool, ToolContext, ToolResult, ToolSource } from '../../llm/tool.ts';

export interface Skill {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly tools: readonly Tool[];
}

export type SkillFaultCode =
  | 'skills.invalid-arguments'
  | 'skills.invalid-schema'
  | 'skills.no-project'
  | 'skills.path-refused'
  | 'skills.path-not-found'
  | 'skills.wrong-kind'
  | 'skills.too-large'
  | 'skills.binary'
  | 'skills.bad-pattern'
  | 'skills.timeout'
  | 'skills.git-missing'
  | 'skills.git-no-repository'
  | 'skills.git-no-commits'
  | 'skills.git-failed'
  | 'skills.file-system';

/** A failure that the caller of a tool can understand and mend. */
export class SkillFault extends Error {
  readonly code: SkillFaultCode;
  readonly details: unknown;
  constructor(code: SkillFaultCode, message: string, options: { details?: unknown; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'SkillFault';
    this.code = code;
    this.details = options.details;
  }
}

/** The same fault as an explanation of another error, which it keeps as its cause for the log. */
export function explainFault(code: SkillFaultCode, message: string, options: { readonly cause: unknown }): SkillFault {
  return new SkillFault(code, message, options);
}

export type Arguments = Readonly<Record<string, unknown>>;

export interface ToolAnswer {
  readonly text: string;
  readonly data: unknown;
  readonly sources?: readonly ToolSource[];
}

/** Makes a tool without side effects, for whoever may see the project: all first skills only read. */
export function defineReadingTool(tool: {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  answer(args: Arguments, context: ToolContext): Promise<ToolAnswer>;
}): Tool {
  return {
    name: tool.name,
    description: tool.description,
    inputSchema: tool.inputSchema,
    effect: 'none',
    permission: 'projects.read',
    async run(args, context) {
      context.signal.throwIfAborted();
      try {
        return { ok: true, ...(await tool.answer(args, context)) };
      } catch (error) {
        context.signal.throwIfAborted();
        return translateFailure(error);
      }
    },
  };
}

const PEOPLE_SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'the file or folder does not exist (any more)',
  EACCES: 'the server may not read it',
  EPERM: 'the server may not read it',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ELOOP: 'its symbolic links form a circle',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open; try again in a moment',
  EIO: 'the disk reported an error',
};

/** Operational failures become a result; anything else is a bug and is thrown on. */
export function translateFailure(error: unknown): ToolResult {
  if (error instanceof SkillFault) {
    return { ok: false, code: error.code, text: error.message, details: error.details };
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    const sentence = PEOPLE_SENTENCES[error.code];
    if (sentence !== undefined) {
      return { ok: false, code: 'skills.file-system', text: `The file system refused: ${sentence} (${error.code}).` };
    }
  }
  throw error;
}
