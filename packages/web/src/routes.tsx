// Every page of the dashboard with its address. A page is loaded when it is first opened.
import type { ComponentType } from 'react';
import { createBrowserRouter, type RouteObject } from 'react-router';
import { Broken, Nowhere } from './shell/broken.tsx';
import { Shell } from './shell/shell.tsx';

const page =
  (load: () => Promise<ComponentType>): RouteObject['lazy'] =>
  async () => ({ Component: await load() });

export const router = createBrowserRouter([
  {
    errorElement: <Broken />,
    HydrateFallback: () => null,
    children: [
      { path: '/sign-in', lazy: page(async () => (await import('./features/auth/sign-in-page.tsx')).SignInPage) },
      { path: '/setup', lazy: page(async () => (await import('./features/auth/set-up-page.tsx')).SetUpPage) },
      {
        path: '/register',
        lazy: page(async () => (await import('./features/auth/register-page.tsx')).RegisterPage),
      },
      {
        path: '/invitation',
        lazy: page(async () => (await import('./features/auth/invitation-page.tsx')).InvitationPage),
      },
      {
        path: '/reset-password',
        lazy: page(async () => (await import('./features/auth/reset-password-page.tsx')).ResetPasswordPage),
      },
      {
        element: <Shell />,
        children: [
          {
            errorElement: <Broken />,
            children: [
              { index: true, lazy: page(async () => (await import('./features/operations/home-page.tsx')).HomePage) },
              {
                path: 'inbox',
                lazy: page(async () => (await import('./features/notifications/inbox-page.tsx')).InboxPage),
              },
              {
                path: 'approvals',
                lazy: page(async () => (await import('./features/approvals/approvals-page.tsx')).ApprovalsPage),
              },
              {
                path: 'activity',
                lazy: page(async () => (await import('./features/events/activity-page.tsx')).ActivityPage),
              },
              {
                path: 'pipelines',
                lazy: page(async () => (await import('./features/pipelines/pipelines-page.tsx')).PipelinesPage),
              },
              {
                path: 'pipelines/new',
                lazy: page(async () => (await import('./features/pipelines/editor-page.tsx')).NewPipelinePage),
              },
              {
                path: 'pipelines/:id',
                lazy: page(async () => (await import('./features/pipelines/editor-page.tsx')).EditPipelinePage),
              },
              { path: 'runs', lazy: page(async () => (await import('./features/pipelines/runs-page.tsx')).RunsPage) },
              { path: 'runs/:id', lazy: page(async () => (await import('./features/pipelines/run-page.tsx')).RunPage) },
              { path: 'tasks', lazy: page(async () => (await import('./features/tasks/tasks-page.tsx')).TasksPage) },
              { path: 'tasks/:id', lazy: page(async () => (await import('./features/tasks/task-page.tsx')).TaskPage) },
              {
                path: 'schedules',
                lazy: page(async () => (await import('./features/schedules/schedules-page.tsx')).SchedulesPage),
              },
              {
                path: 'schedules/:id',
                lazy: page(async () => (await import('./features/schedules/schedule-page.tsx')).SchedulePage),
              },
              {
                path: 'calendar',
                lazy: page(async () => (await import('./features/schedules/calendar-page.tsx')).CalendarPage),
              },
              {
                path: 'agents',
                lazy: page(async () => (await import('./features/agents/agents-page.tsx')).AgentsPage),
              },
              {
                path: 'agents/:id',
                lazy: page(async () => (await import('./features/agents/chat-page.tsx')).ChatPage),
              },
              {
                path: 'agents/:id/chats/:chatId',
                lazy: page(async () => (await import('./features/agents/chat-page.tsx')).ChatPage),
              },
              {
                path: 'personas',
                lazy: page(async () => (await import('./features/agents/personas-page.tsx')).PersonasPage),
              },
              {
                path: 'projects',
                lazy: page(async () => (await import('./features/projects/projects-page.tsx')).ProjectsPage),
              },
              {
                path: 'projects/:id',
                lazy: page(async () => (await import('./features/projects/project-page.tsx')).ProjectPage),
              },
              {
                path: 'models',
                lazy: page(async () => (await import('./features/providers/models-page.tsx')).ModelsPage),
              },
              {
                path: 'breakers',
                lazy: page(async () => (await import('./features/operations/breakers-page.tsx')).BreakersPage),
              },
              {
                path: 'dead-letters',
                lazy: page(async () => (await import('./features/operations/dead-letters-page.tsx')).DeadLettersPage),
              },
              { path: 'users', lazy: page(async () => (await import('./features/auth/users-page.tsx')).UsersPage) },
              {
                path: 'profile',
                lazy: page(async () => (await import('./features/auth/profile-page.tsx')).ProfilePage),
              },
              { path: 'audit', lazy: page(async () => (await import('./features/audit/audit-page.tsx')).AuditPage) },
              {
                path: 'settings',
                lazy: page(async () => (await import('./features/operations/settings-page.tsx')).SettingsPage),
              },
              {
                path: 'account/sessions',
                lazy: page(async () => (await import('./features/auth/sessions-page.tsx')).SessionsPage),
              },
              {
                path: 'account/api-keys',
                lazy: page(async () => (await import('./features/auth/api-keys-page.tsx')).ApiKeysPage),
              },
              { path: '*', element: <Nowhere /> },
            ],
          },
        ],
      },
    ],
  },
]);
