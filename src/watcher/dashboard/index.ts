/** The dashboard: one page, its style and its scripts, as they are sent to a browser. It has no data in it; all of that comes over the public routes. */
export { type DashboardFile, dashboardFile } from './dashboard-file.ts';
