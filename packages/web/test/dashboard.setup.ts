// Builds the dashboard once before the first test file, so that the servers of the files, which start side by side, find it fresh.
import { buildDashboard } from '../../server/src/boot/build-dashboard.ts';
import { createLog } from '../../server/src/platform/log.ts';

export default function setup(): Promise<void> {
  return buildDashboard(createLog('warn'));
}
