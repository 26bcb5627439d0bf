// What other features may call: the skills, and the one checked way to call a tool.
export { callTool } from './call-tool.ts';
export { allTools, skills } from './skill-list.ts';
