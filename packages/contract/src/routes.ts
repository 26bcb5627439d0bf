// Every route of the API, in the order of the reference page. A route that is not listed here does not exist.
import * as agents from './agents.ts';
import * as agentsChats from './agents-chats.ts';
import * as approvals from './approvals.ts';
import * as audit from './audit.ts';
import * as auth from './auth.ts';
import * as authUsers from './auth-users.ts';
import * as events from './events.ts';
import * as notifications from './notifications.ts';
import * as operations from './operations.ts';
import * as operationsBreakers from './operations-breakers.ts';
import * as operationsDeadLetters from './operations-dead-letters.ts';
import * as pipelines from './pipelines.ts';
import * as pipelinesControls from './pipelines-controls.ts';
import * as pipelinesTriggers from './pipelines-triggers.ts';
import * as pipelinesVersions from './pipelines-versions.ts';
import * as projects from './projects.ts';
import * as providers from './providers.ts';
import type { Route } from './route.ts';
import * as schedules from './schedules.ts';
import * as skills from './skills.ts';
import * as tasks from './tasks.ts';

const isRoute = (value: unknown): value is Route =>
  typeof value === 'object' && value !== null && 'permission' in value && 'reply' in value && 'path' in value;

export const allRoutes: readonly Route[] = [
  operations,
  operationsBreakers,
  operationsDeadLetters,
  auth,
  authUsers,
  projects,
  providers,
  skills,
  agents,
  agentsChats,
  tasks,
  pipelines,
  pipelinesControls,
  pipelinesVersions,
  pipelinesTriggers,
  approvals,
  schedules,
  notifications,
  events,
  audit,
].flatMap((feature) => Object.values(feature).filter(isRoute));
