import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkLayers, type SourceFile } from './check-layers.ts'

const SERVER = 'packages/server/src'

const manifests: readonly SourceFile[] = [
  { path: 'package.json', text: JSON.stringify({ devDependencies: { 'fast-check': '4' } }) },
  { path: 'packages/protocol/package.json', text: JSON.stringify({ dependencies: { zod: '4' } }) },
  {
    path: 'packages/server/package.json',
    text: JSON.stringify({ dependencies: { zod: '4', fastify: '5', ws: '8', pino: '10', '@ai-sdk/openai': '4' } }),
  },
  { path: 'packages/web/package.json', text: JSON.stringify({ devDependencies: { react: '19' } }) },
]

/** The broken rules of a tree of `path: text`, each as `path:line rule`. */
function broken(tree: Readonly<Record<string, string>>): string[] {
  const files = Object.entries(tree).map(([path, text]) => ({ path, text }))
  return checkLayers([...manifests, ...files]).map(({ path, line, rule }) => `${path}:${line} ${rule}`)
}

function rulesIn(path: string, text: string): string[] {
  return broken({ [path]: text }).map(each => each.split(' ')[1] ?? '')
}

type Row = readonly [name: string, path: string, text: string, rules: readonly string[]]

function table(rows: readonly Row[]): void {
  for (const [name, path, text, rules] of rows) test(name, () => assert.deepEqual(rulesIn(path, text), rules))
}

describe('ranks', () => {
  table([
    ['core imports protocol', `${SERVER}/core/a.ts`, "import type { Event } from '@openhands/protocol'", []],
    ['core imports lib', `${SERVER}/core/a.ts`, "import { unreachable } from '../lib/never.ts'", []],
    ['core imports a store', `${SERVER}/core/a.ts`, "import { s } from '../stores/sqlite.ts'", ['rank']],
    ['a store imports core', `${SERVER}/stores/a.ts`, "import type { EventStore } from '../core/ports.ts'", []],
    ['siblings', `${SERVER}/stores/a.ts`, "import { m } from '../models/openai.ts'", ['rank']],
    ['siblings by re-export', `${SERVER}/stores/a.ts`, "export * from '../models/openai.ts'", ['rank']],
    ['siblings by import()', `${SERVER}/stores/a.ts`, "await import('../models/openai.ts')", ['rank']],
    ['siblings by type', `${SERVER}/stores/a.ts`, "let m: import('../models/openai.ts').M", ['rank']],
    ['inside one folder', `${SERVER}/runtimes/executor/a.ts`, "import { b } from '../bubblewrap.ts'", []],
    ['lib knows nothing of the trade', `${SERVER}/lib/a.ts`, "import { x } from '@openhands/protocol'", ['rank']],
    ['a door imports the configuration', `${SERVER}/http/a.ts`, "import { c } from '../config.ts'", ['rank']],
    ['main composes', `${SERVER}/main.ts`, "import { l } from './http/listen.ts'\nimport { c } from './config.ts'", []],
    [
      'another workspace by path',
      `${SERVER}/core/a.ts`,
      "import { x } from '../../../protocol/src/event.ts'",
      ['rank'],
    ],
    ['a folder without a rank', `${SERVER}/stray.ts`, '', ['place']],
    ['the page imports protocol', 'packages/web/src/a.tsx', "import { fold } from '@openhands/protocol'", []],
    ['the page imports the server', 'packages/web/src/a.tsx', "import { x } from '../../server/src/main.ts'", ['rank']],
    [
      'the page imports the server by name',
      'packages/web/src/a.tsx',
      "import { x } from '@openhands/server'",
      ['rank'],
    ],
    ['the server imports the page', `${SERVER}/http/a.ts`, "import { x } from '@openhands/web'", ['rank']],
    ['core imports a computed name', `${SERVER}/core/a.ts`, 'await import(name)', ['rank']],
  ])

  test('names the line, and the remedy', () => {
    const text = "/* import { x } from '../models/x.ts' */\n\nimport {\n  s,\n} from '../stores/sqlite.ts'\n"
    const [problem] = checkLayers([{ path: `${SERVER}/core/a.ts`, text }])
    assert.equal(problem?.line, 3)
    assert.match(problem?.message ?? '', /core \(rank 1\) imports the higher stores \(rank 2\); .*ports\.ts/)
  })
})

describe('the page', () => {
  const web = 'packages/web/src'
  table([
    ['api asks the server', `${web}/api/a.ts`, "export const a = () => fetch('x')", []],
    ['a page asks the server by itself', `${web}/pages/a.tsx`, "export const a = () => fetch('x')", ['page']],
    ['a panel opens a socket', `${web}/panels/files/a.tsx`, "const a = new WebSocket('x')", ['page']],
    ['a panel calls api', `${web}/panels/files/a.tsx`, "import { readLog } from '../../api/log.ts'", ['page']],
    ['a panel names a shape', `${web}/panels/files/a.tsx`, "import type { Files } from '../../api/files.ts'", []],
    ['a panel asks the store', `${web}/panels/files/a.tsx`, "import { useStore } from '../../store/a.ts'", []],
    ['a panel inside itself', `${web}/panels/files/a.tsx`, "import { tree } from './tree.ts'", []],
    ['a panel and another', `${web}/panels/files/a.tsx`, "import { tree } from '../changes/tree.ts'", ['page']],
    ['the registry loads', `${web}/panels/registry.ts`, "await import('./files/files-panel.tsx')", []],
    ['a page reaches into a panel', `${web}/pages/a.tsx`, "import { tree } from '../panels/files/tree.ts'", ['page']],
    ['ui knows no store', `${web}/ui/a.tsx`, "import { useStore } from '../store/a.ts'", ['page']],
    ['store draws nothing', `${web}/store/a.ts`, "import { Button } from '../ui/button.tsx'", ['page']],
    ['the composition may all', `${web}/app.tsx`, "import { a } from './api/a.ts'\nimport { b } from './ui/b.tsx'", []],
  ])
})

describe('testing/', () => {
  const line = (path: string): string => `import { world } from '${path}'`
  table([
    ['in a test', `${SERVER}/stores/a.test.ts`, line('../testing/world.ts'), []],
    ['in a test of core', `${SERVER}/core/a.test.ts`, line('../testing/world.ts'), []],
    ['in testing itself', `${SERVER}/testing/a.ts`, line('./world.ts'), []],
    ['in the tests of the whole', 'packages/server/test/a.ts', line('../src/testing/world.ts'), []],
    ['in a benchmark', 'packages/server/bench/a.ts', line('../src/testing/world.ts'), []],
    ['in a store', `${SERVER}/stores/a.ts`, line('../testing/world.ts'), ['testing']],
    ['in main', `${SERVER}/main.ts`, line('./testing/world.ts'), ['testing']],
    ['a test does not widen the ranks', `${SERVER}/stores/a.test.ts`, line('../models/a.ts'), ['rank']],
  ])
})

describe('packages', () => {
  table([
    ['core imports Node', `${SERVER}/core/a.ts`, "import { join } from 'node:path'", ['package']],
    ['core imports a package', `${SERVER}/core/a.ts`, "import * as z from 'zod'", ['package']],
    ['a test of core may', `${SERVER}/core/a.test.ts`, "import { test } from 'node:test'", []],
    ['protocol imports zod', 'packages/protocol/src/a.ts', "import * as z from 'zod'", []],
    ['protocol imports Node', 'packages/protocol/src/a.ts', "import { join } from 'node:path'", ['package']],
    ['http has fastify', `${SERVER}/http/a.ts`, "import fastify from 'fastify'", []],
    ['a store has no fastify', `${SERVER}/stores/a.ts`, "import fastify from 'fastify'", ['package']],
    ['a store has no providers', `${SERVER}/stores/a.ts`, "import { x } from '@ai-sdk/openai'", ['package']],
    ['only runtimes start processes', `${SERVER}/http/a.ts`, "import { spawn } from 'node:child_process'", ['package']],
    ['main may have them all', `${SERVER}/main.ts`, "import { WebSocketServer } from 'ws'", []],
    ['an undeclared package', `${SERVER}/lib/a.ts`, "import x from 'left-pad/deep'", ['declared']],
    ['a package for development in the server', `${SERVER}/lib/a.ts`, "import fc from 'fast-check'", ['declared']],
    ['the same in a test', `${SERVER}/lib/a.test.ts`, "import fc from 'fast-check'", []],
    ['the page is built with what it develops with', 'packages/web/src/a.ts', "import { useState } from 'react'", []],
    ['a browser has no Node', 'packages/web/src/a.ts', "import { join } from 'node:path'", ['package']],
    ['the build of the page runs in Node', 'packages/web/vite.config.ts', "import { join } from 'node:path'", []],
  ])
})

describe('purity of core and protocol', () => {
  const core = `${SERVER}/core/a.ts`
  const protocol = 'packages/protocol/src/a.ts'
  table([
    ['a clock', core, 'const now = Date.now()', ['pure']],
    ['a clock in a template', core, `const s = \`a \${\`b \${Date.now()}\`} c\``, ['pure']],
    ['a date of now', core, 'const now = new Date()', ['pure']],
    ['a date of something', core, 'const then = new Date(text)', []],
    ['chance', core, 'const id = Math.random()', ['pure']],
    ['a timer', core, 'setTimeout(() => {}, 1)', ['pure']],
    ['a timer of a port', core, 'clock.setTimeout(() => {}, 1)', []],
    ['the console', core, "console.log('x')", ['pure']],
    ['the process', core, 'process.exit(1)', ['pure']],
    ['the network', core, 'const page = await fetch(url)', ['pure']],
    ['the network after a question', core, 'const page = x ? await fetch(url) : y', ['pure']],
    ['a method of that name', core, 'interface A {\n  fetch(url: string): Promise<Response>\n}', []],
    ['an optional method of that name', core, 'interface A { fetch?(url: string): void }', []],
    ['a property of that name', core, 'const a = { process: 1 }; a.process', []],
    ['in a comment', core, '// Date.now()\n/* console.log() */', []],
    ['in a string', core, "const s = 'Date.now() console.log()'", []],
    ['in a pattern', core, "const s = /'process\\/[/']/u.test(x) / 2 // '", []],
    ['after a pattern with a quote', core, "const s = /'/; process.exit()", ['pure']],
    ['all through globalThis', core, 'globalThis.setTimeout(f, 1)', ['pure']],
    ['core may wait', core, 'async function f() { await g() }', []],
    ['protocol may not', protocol, 'async function f() {}', ['pure']],
    ['protocol has no Buffer', protocol, 'Buffer.from(x)', ['pure']],
    ['others may do as they like', `${SERVER}/stores/a.ts`, 'setTimeout(() => {}, Date.now())', []],
    ['tests too', `${SERVER}/core/a.test.ts`, 'setTimeout(() => {}, Date.now())', []],
  ])
})

describe('the environment', () => {
  table([
    ['in a store', `${SERVER}/stores/a.ts`, "const x = process.env['HOME']", ['environment']],
    ['by brackets', `${SERVER}/stores/a.ts`, "const x = process['env']", ['environment']],
    ['taken apart', `${SERVER}/stores/a.ts`, 'const { env } = process', ['environment']],
    ['through globalThis', `${SERVER}/stores/a.ts`, 'const x = globalThis.process.env', ['environment']],
    ['by import', `${SERVER}/stores/a.ts`, "import { env } from 'node:process'", ['environment']],
    ['another thing of that name', `${SERVER}/stores/a.ts`, 'function f(process: Child) { g(process) }', []],
    ['handed on as a whole', `${SERVER}/stores/a.ts`, 'g(process)', ['environment']],
    ['other parts of process', `${SERVER}/stores/a.ts`, 'process.kill(process.pid)', []],
    ['in config.ts', `${SERVER}/config.ts`, 'parse(process.env)', []],
    ['in main.ts', `${SERVER}/main.ts`, 'parse(process.env)', []],
    ['in the executor', `${SERVER}/runtimes/executor/a.ts`, 'parse(process.env)', []],
    ['in a runtime', `${SERVER}/runtimes/a.ts`, 'parse(process.env)', ['environment']],
    ['in a test', `${SERVER}/runtimes/a.test.ts`, 'parse(process.env)', []],
    ['in a script', 'scripts/a.ts', 'parse(process.env)', []],
  ])
})

describe('[S25] shell strings', () => {
  const path = `${SERVER}/runtimes/a.ts`
  const spawn = "import { spawn } from 'node:child_process'\n"
  table([
    ['[S25] exec', path, "import { exec } from 'node:child_process'", ['shell']],
    [
      '[S25] exec under another name',
      path,
      "import { type A, exec as run } from 'child_process'",
      ['declared', 'shell'],
    ],
    ['[S25] execSync', path, "import { execSync } from 'node:child_process'", ['shell']],
    ['[S25] the whole module', path, "import * as child from 'node:child_process'", ['shell']],
    ['[S25] the module by default', path, "import child, { spawn } from 'node:child_process'", ['shell']],
    ['[S25] execFile and spawn', path, "import { execFile, spawn } from 'node:child_process'", []],
    ['[S25] shell: true', path, `${spawn}spawn(a, b, { shell: true })`, ['shell']],
    ['[S25] shell: a path', path, `${spawn}spawn(a, b, { shell: '/bin/bash' })`, ['shell']],
    ['[S25] shell: false', path, `${spawn}spawn(a, b, { shell: false })`, []],
    ['[S25] a template behind -c', path, `${spawn}spawn('bash', ['-c', \`ls \${x}\`])`, ['shell']],
    ['[S25] a sum behind -lc', path, `${spawn}spawn('bash', ['-lc', 'ls ' + x])`, ['shell']],
    ['[S25] a fixed text behind -c', path, `${spawn}spawn('bash', ['-c', 'ls "$1"', '--', a + b])`, []],
    ['[S25] a test too', `${SERVER}/runtimes/a.test.ts`, "import { exec } from 'node:child_process'", ['shell']],
    ['[S25] a script may', 'scripts/a.ts', "import { execSync } from 'node:child_process'", []],
    ['[S25] exec of a pattern or a database', path, "db.exec('select 1'); /x/.exec(y)", []],
  ])
})

describe('cycles in core', () => {
  test('a circle is told once, with its way', () => {
    const tree = {
      [`${SERVER}/core/a.ts`]: "import { b } from './b.ts'",
      [`${SERVER}/core/b.ts`]: "\nimport type { C } from './sub/c.ts'",
      [`${SERVER}/core/sub/c.ts`]: "import { a } from '../a.ts'",
    }
    assert.deepEqual(broken(tree), [`${SERVER}/core/sub/c.ts:1 cycle`])
  })

  test('two ways to one file are no circle', () => {
    const tree = {
      [`${SERVER}/core/a.ts`]: "import './b.ts'\nimport './c.ts'",
      [`${SERVER}/core/b.ts`]: "import './c.ts'",
      [`${SERVER}/core/c.ts`]: '',
    }
    assert.deepEqual(broken(tree), [])
  })
})

describe('length', () => {
  const long = 'x\n'.repeat(301)
  table([
    ['300 lines', `${SERVER}/core/a.ts`, 'x\n'.repeat(300), []],
    ['301 lines', `${SERVER}/core/a.ts`, long, ['length']],
    ['a test', `${SERVER}/core/a.test.ts`, long, []],
    ['a prompt', `${SERVER}/agents/prompts/a.ts`, long, []],
    ['a table', `${SERVER}/analyzers/command-table.ts`, long, []],
  ])
})
