// Every route that this house answers.
import type { Ctx } from '../ctx.ts';
import { agentsRoutes } from '../features/agents/routes.ts';
import { approvalsRoutes } from '../features/approvals/routes.ts';
import { auditRoutes } from '../features/audit/routes.ts';
import { authRoutes } from '../features/auth/routes.ts';
import { eventsRoutes } from '../features/events/routes.ts';
import { notificationsRoutes } from '../features/notifications/routes.ts';
import { operationsRoutes } from '../features/operations/routes.ts';
import { pipelinesRoutes } from '../features/pipelines/routes.ts';
import { projectsRoutes } from '../features/projects/routes.ts';
import { providersRoutes } from '../features/providers/routes.ts';
import { schedulesRoutes } from '../features/schedules/routes.ts';
import { skillsRoutes } from '../features/skills/routes.ts';
import { tasksRoutes } from '../features/tasks/routes.ts';
import type { BoundRoute } from '../platform/http/bind.ts';

export const allBoundRoutes: readonly BoundRoute<Ctx>[] = [
  ...operationsRoutes,
  ...authRoutes,
  ...projectsRoutes,
  ...providersRoutes,
  ...skillsRoutes,
  ...agentsRoutes,
  ...tasksRoutes,
  ...pipelinesRoutes,
  ...approvalsRoutes,
  ...schedulesRoutes,
  ...notificationsRoutes,
  ...eventsRoutes,
  ...auditRoutes,
];
