/** Where a file of this repository stands, and which others it may import. */

/** A part of the house. Imports go from a higher rank to a lower one, or stay inside one place. */
export interface Place {
  readonly name: string
  readonly rank: number
  /** The workspace whose package.json declares what this file uses; the root is the empty path. */
  readonly workspace: string
}

const SERVER = 'packages/server'

/** Folders and files with a place of their own; the first prefix that fits decides. */
const PLACES: readonly (readonly [prefix: string, place: Place])[] = [
  ['packages/protocol/', { name: 'protocol', rank: 0, workspace: 'packages/protocol' }],
  [`${SERVER}/src/lib/`, { name: 'lib', rank: 0, workspace: SERVER }],
  [`${SERVER}/src/core/`, { name: 'core', rank: 1, workspace: SERVER }],
  [`${SERVER}/src/testing/`, { name: 'testing', rank: 4, workspace: SERVER }],
  [`${SERVER}/src/main.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/bin/`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/parts.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/preview-door.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/control-door.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/door-rules.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/page-door.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/door-facts.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/engine.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/server.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/operation.`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/commands/`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/src/config`, { name: 'composition', rank: 3, workspace: SERVER }],
  [`${SERVER}/test/`, { name: 'test', rank: 5, workspace: SERVER }],
  [`${SERVER}/bench/`, { name: 'bench', rank: 5, workspace: SERVER }],
  ['packages/web/', { name: 'web', rank: 3, workspace: 'packages/web' }],
  ['scripts/', { name: 'scripts', rank: 5, workspace: '' }],
  ['e2e/', { name: 'e2e', rank: 5, workspace: '' }],
]

/** The place of a file; undefined for one that has none, which is an error. */
export function placeOf(path: string): Place | undefined {
  const fixed = PLACES.find(([prefix]) => path.startsWith(prefix))
  if (fixed) return fixed[1]
  const folder = /^packages\/server\/src\/([^/]+)\//.exec(path)?.[1]
  return folder === undefined ? undefined : { name: folder, rank: 2, workspace: SERVER }
}

/** Whether a file belongs to the tests, which may use more than the code that they are about. */
export function isTest(path: string): boolean {
  return path.includes('.test.ts') || /^(e2e|packages\/server\/(test|bench|src\/testing))\//.test(path)
}

/** Packages and parts of Node that one folder of rank 2 has for its own; higher ranks and tests may use them too. */
export const HOMES: readonly { readonly packages: readonly string[]; readonly home: string }[] = [
  {
    packages: [
      'fastify',
      'fastify-type-provider-zod',
      'openapi-types',
      '@fastify/',
      'ws',
      'socket.io',
      'ignore',
      'yauzl',
    ],
    home: 'http',
  },
  { packages: ['ai', '@ai-sdk/'], home: 'models' },
  {
    packages: ['@lydell/node-pty', '@xterm/headless', 'dockerode', 'playwright-core', 'turndown', 'node:child_process'],
    home: 'runtimes',
  },
  { packages: ['web-tree-sitter', 'tree-sitter-bash'], home: 'analyzers' },
  { packages: ['node:sqlite', '@nats-io/'], home: 'stores' },
  { packages: ['@peculiar/', 'ipaddr.js'], home: 'egress' },
  { packages: ['prom-client', '@opentelemetry/'], home: 'telemetry' },
]

/** Who besides `main.ts` and `config.ts` may read the environment, and why. */
export const ENVIRONMENT_READERS: readonly { readonly path: RegExp; readonly reason: string }[] = [
  {
    path: /^packages\/server\/(src\/(main|config)\.ts|bin\/openhands\.mjs)$/,
    reason: 'they turn it into the configuration',
  },
  {
    path: /^packages\/server\/src\/runtimes\/executor\//,
    reason: 'inside the sandbox it is the environment of commands',
  },
  { path: /^packages\/server\/(src\/testing|test|bench)\//, reason: 'they start servers and hand them an environment' },
  { path: /\.test\.ts$/, reason: 'tests start programs and hand them an environment' },
  { path: /^(scripts|e2e)\//, reason: 'they run before and around the server' },
]

/** The most lines a file may have, and the files to which this does not apply. */
export const MOST_LINES = 300
export const LONG_FILES: readonly { readonly path: RegExp; readonly reason: string }[] = [
  {
    path: /(\.test|-contract)\.ts$|^packages\/server\/(test|src\/testing\/runtime-contract)\/|^e2e\//,
    reason: 'a test grows by cases, not by ideas',
  },
  {
    path: /\/prompts\/|\/tables\/|-table\.ts$|^packages\/web\/src\/text\.ts$/,
    reason: 'text and tables are read by looking up',
  },
  {
    path: /^packages\/server\/src\/analyzers\/command-rules\.ts$/,
    reason: 'one table of rules; each is read by itself',
  },
  {
    path: /^packages\/server\/src\/core\/runtime-port\.ts$/,
    reason: 'declarations only: all that core asks of the world',
  },
]
