import type { Context } from 'hono';
import type { ControlPlane } from './control-plane.ts';

/**
 * What a browser may do with the page: load what lies beside it and ask this server, nothing else. There is no inline code, nothing that makes code or
 * elements of text, and no other page has it in a frame.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const security: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-cache',
};

const page = '/dashboard';

/** Whether a path is one of the dashboard's files. They are open to everybody who can connect: there is nothing in them but the program. */
export function isDashboardPath(path: string): boolean {
  return path === page || path.startsWith(`${page}/`);
}

/** `/dashboard`, and its style and scripts below it. They are read when somebody first asks for one. */
export function addDashboard(app: ControlPlane): void {
  const serve = async (context: Context, name: string) => {
    const { dashboardFile } = await import('../dashboard/index.ts');
    const file = dashboardFile(name);
    if (!file) return context.notFound();
    const headers = { ...security, etag: file.etag };
    if (context.req.header('if-none-match') === file.etag) return context.body(null, 304, headers);
    return context.body(file.text, 200, { ...headers, 'content-type': file.contentType });
  };
  app.get(page, (context) => serve(context, 'page.html'));
  // What the page refers to is relative to the path without the slash.
  app.get(`${page}/`, (context) => context.redirect('../dashboard'));
  app.get(`${page}/:file`, (context) => serve(context, context.req.param('file')));
}
