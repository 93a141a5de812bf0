import { defineConfig } from 'vitepress';

export default defineConfig({
  title: 'kube-informer',
  description: 'Informers for Kubernetes in TypeScript',
  cleanUrls: true,
  lastUpdated: false,
  // Files of the repository, which are no pages; `test/unit/docs/links.test.ts` checks that they are there.
  ignoreDeadLinks: [/^(\.\.?\/)+(src|test|tools|examples|bench|README|CONTRIBUTING|CHANGELOG|LICENSE|SECURITY)/],
  markdown: {
    config: (markdown) => {
      // Braces in code are text: templates of requests have them.
      const inline = markdown.renderer.rules.code_inline!;
      markdown.renderer.rules.code_inline = (tokens, index, ...rest) => {
        tokens[index]!.attrSet('v-pre', '');
        return inline(tokens, index, ...rest);
      };
    },
  },
  themeConfig: {
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: '/concepts' },
      { text: 'Contract', link: '/contract' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      {
        text: 'Guide',
        items: [
          { text: 'Concepts', link: '/concepts' },
          { text: 'From makeInformer in ten minutes', link: '/guides/from-make-informer' },
          { text: 'Custom resources', link: '/guides/custom-resources' },
          { text: 'Indexes', link: '/guides/indexes' },
          { text: 'Keeping less', link: '/projections' },
          { text: 'Many namespaces', link: '/namespaces' },
          { text: 'Writing a controller', link: '/guides/controller' },
          { text: 'Using the Manager', link: '/guides/manager' },
          { text: 'Permissions', link: '/guides/permissions' },
          { text: 'Testing your operator', link: '/guides/testing' },
          { text: 'Running in production', link: '/guides/production' },
          { text: 'Running the resource watcher', link: '/guides/watcher' },
          { text: 'Troubleshooting', link: '/troubleshooting' },
        ],
      },
      {
        text: 'What holds',
        items: [
          { text: 'Contract', link: '/contract' },
          { text: 'Queues, controllers, leader election', link: '/controller' },
          { text: 'The Manager', link: '/manager' },
          { text: 'Verbs of the API', link: '/api-verbs' },
          { text: 'Differences from client-go', link: '/differences' },
          { text: 'Parity with client-go', link: '/parity' },
          { text: 'The embedded server', link: '/embedded-server' },
        ],
      },
      {
        text: 'Inside',
        items: [
          { text: 'Architecture', link: '/architecture' },
          { text: 'Decisions', link: '/decisions/README' },
          { text: 'Literature', link: '/references' },
          { text: 'Benchmarks', link: '/benchmarks' },
          { text: 'API reference', link: '/api/' },
        ],
      },
    ],
  },
});
