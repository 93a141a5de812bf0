import { describe, expect, test } from 'vitest';
import { rig } from '../acceptance/s003-rig.ts';

describe('the files of the dashboard', () => {
  test('are open to everybody, also where everything else needs a token: there is no data in them', async () => {
    await using world = await rig({
      config: { server: { auth: { type: 'token', tokens: [{ name: 'ann', token: 'a-token-for-this-test' }] } } },
    });
    expect((await world.get('/metrics')).status).toBe(401);
    const { status, headers, body } = await world.get<string>('/dashboard');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const links = Array.from(body.matchAll(/(?:src|href)="([^"#]+)"/g), ([, link]) => link!);
    expect(links).toContain('dashboard/main.js');
    for (const link of links) expect((await world.get(`/${link}`)).status).toBe(200);
    const script = await world.get<string>('/dashboard/main.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    for (const [, file] of script.body.matchAll(/from '\.\/([\w-]+\.js)'/g)) {
      expect((await world.get(`/dashboard/${file}`)).status).toBe(200);
    }
  });

  test('run nothing but what lies beside them, and no other page has them in a frame', async () => {
    await using world = await rig();
    for (const path of ['/dashboard', '/dashboard/main.js', '/dashboard/icon.svg']) {
      const { headers } = await world.get(path);
      const policy = headers.get('content-security-policy')!;
      expect(policy).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const { body } = await world.get<string>('/dashboard');
    expect(body).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|javascript:/i);
    expect(body).not.toMatch(/(?:src|href)="(?:\w+:|\/)/);
  });

  test('are not sent again to whoever has them', async () => {
    await using world = await rig();
    const { headers } = await world.get('/dashboard/dashboard.css');
    const again = await world.get('/dashboard/dashboard.css', { 'if-none-match': headers.get('etag')! });
    expect([again.status, again.body]).toEqual([304, '']);
  });

  test('are those of the page and no others', async () => {
    await using world = await rig();
    const paths = ['tsconfig.json', '..%2ffiles.ts', '%2e%2e/files.ts', '__proto__', 'constructor', 'x/main.js'];
    for (const path of paths) expect((await world.get(`/dashboard/${path}`)).status).toBe(404);
    expect((await world.get('/dashboardx')).status).toBe(404);
    const slash = await fetch(`${world.watcher.url}/dashboard/`);
    expect([slash.status, new URL(slash.url).pathname]).toEqual([200, '/dashboard']);
  });

  test('are not there if the configuration says so', async () => {
    await using world = await rig({ config: { dashboard: { enabled: false } } });
    for (const path of ['/dashboard', '/dashboard/', '/dashboard/main.js']) {
      expect((await world.get(path)).status).toBe(404);
    }
  });
});
