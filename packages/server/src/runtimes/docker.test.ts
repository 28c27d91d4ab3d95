import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { SessionId } from '@openhands/protocol'
import { RuntimeError, type Runtimes } from '../core/ports.ts'
import { DockerEngine } from '../testing/docker-engine.ts'
import { ImageRegistry } from '../testing/image-registry.ts'
import { rootImage } from '../testing/root-image.ts'
import { eventually, processesWith, run, runtimeContract, sleepOf, startIn } from '../testing/runtime-contract.ts'
import { createRuntimes, type RuntimesOptions } from './catalogue.ts'
import { DockerClient } from './docker-client.ts'
import { Owner } from './owner.ts'

const noSignal = new AbortController().signal
/** Milliseconds in which a failure must be told; the rule says three seconds, and this machine may be busy. */
const promptly = 15_000

let engine: DockerEngine
let root: string
/** A data directory for tests that only look at what is said. */
let shared: string
let count = 0
before(async () => {
  engine = await DockerEngine.start()
  root = await mkdtemp(join(tmpdir(), 'openhands-docker-'))
  await chmod(root, 0o755)
  shared = await folder()
})
after(async () => {
  await engine[Symbol.asyncDispose]()
  await rm(root, { recursive: true })
})

async function folder(): Promise<string> {
  const path = join(root, `folder-${++count}`)
  await mkdir(path)
  return path
}

function optionsFor(dataDirectory: string, image = engine.image, socket = engine.socket): RuntimesOptions {
  return { sandbox: 'docker', dataDirectory, docker: { host: `unix://${socket}`, image } }
}

/** An archive of a root folder with next to nothing in it. */
async function emptyRoot(name: string, bytes = 1): Promise<string> {
  const path = await folder()
  const file = await open(join(path, name), 'w')
  const random = await open('/dev/urandom')
  const { buffer } = await random.read(Buffer.alloc(bytes), 0, bytes)
  await file.write(buffer)
  await Promise.all([file.close(), random.close()])
  await promisify(execFile)('tar', ['-C', path, '-cf', `${path}.tar`, name])
  return `${path}.tar`
}

runtimeContract('docker', async () => ({
  runtimes: createRuntimes({ ...optionsFor(await folder()), limits: { silenceMs: 2500 } }),
  directory: folder,
  [Symbol.asyncDispose]: async () => undefined,
}))

describe('a container engine that does not do as it should', () => {
  const refusal = async (options: RuntimesOptions, limit = promptly): Promise<RuntimeError> => {
    const started = performance.now()
    const error: unknown = await startIn(createRuntimes(options), await folder()).then(
      () => undefined,
      reason => reason,
    )
    assert.ok(error instanceof RuntimeError, String(error))
    assert.equal(error.kind, 'unavailable')
    assert.match(error.message, /^The sandbox docker could not be started[\s\S]*\nWhat to do: [^\n]+\.$/)
    assert.ok(performance.now() - started < limit, `${performance.now() - started} ms`)
    return error
  }

  test('[P11] no engine: what to install is named', async () => {
    const error = await refusal(optionsFor(shared, engine.image, join(root, 'none.sock')))
    assert.match(error.message, /no container engine at .*none\.sock[\s\S]*apt-get install -y docker\.io/)
  })

  test('[P11] an engine that is down', async () => {
    const socket = join(root, 'stale.sock')
    // A socket whose owner was killed stays as a file.
    const listener = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`
    await once(spawn(process.execPath, ['-e', listener]), 'exit')
    const error = await refusal(optionsFor(shared, engine.image, socket))
    assert.match(error.message, /no container engine listens at[\s\S]*systemctl start docker/)
  })

  test('[P11] an engine that this server may not use', async () => {
    const [directory, dataDirectory] = [await folder(), await folder()]
    for (const path of [directory, dataDirectory]) await chown(path, 20_001, 20_001)
    const server = spawnServer(optionsFor(dataDirectory), directory, 'true', 20_001)
    const [line] = await once(createInterface(server.stdout), 'line')
    assert.match(String(line), /may not use the container engine[\s\S]*usermod -aG docker/)
  })

  test('[P11] an image that is not there and cannot be fetched, and then is there', async () => {
    const image = '127.0.0.1:1/openhands/late:latest'
    const runtimes = createRuntimes(optionsFor(shared, image))
    const directory = await folder()
    await assert.rejects(startIn(runtimes, directory), (error: unknown) => {
      assert.ok(error instanceof RuntimeError)
      assert.match(
        error.message,
        /127\.0\.0\.1:1\/openhands\/late:latest is not there and could not be fetched: [\s\S]*connection refused[\s\S]*docker pull/,
      )
      return true
    })
    await engine.load(image, await rootImage())
    await using runtime = await startIn(runtimes, directory)
    assert.equal((await run(runtime, 'echo there')).output, 'there\n')
  })

  test('[P11] an image without glibc is named, with its last words', async () => {
    await engine.load('openhands-empty:latest', await emptyRoot('nothing'))
    const error = await refusal(optionsFor(shared, 'openhands-empty:latest'))
    assert.match(
      error.message,
      /exit code 127[\s\S]*openhands\/node[\s\S]*openhands-empty:latest has no glibc[\s\S]*Alpine/,
    )
  })

  test('[P11] a program that ends at once, or says something else, is told with its last words', async () => {
    const failed = await refusal({ ...optionsFor(shared), node: '/bin/ls' })
    assert.match(failed.message, /could not be started/)
    const program = join(await folder(), 'node')
    await writeFile(program, '#!/bin/sh\nfor i in $(seq 30); do echo "line $i" >&2; done; exit 3\n')
    await chmod(program, 0o755)
    const spoken = await refusal({ ...optionsFor(shared), node: program })
    assert.match(spoken.message, /exit code 3; its last lines:\nline 11\n[\s\S]*line 30\n/)
  })

  test('[P11] a container that never speaks is given up, and removed', { timeout: 120_000 }, async () => {
    const program = join(await folder(), 'node')
    const sleep = sleepOf()
    await writeFile(program, `#!/bin/sh\nexec ${sleep}\n`)
    await chmod(program, 0o755)
    const error = await refusal({ ...optionsFor(shared), node: program }, 5 * promptly)
    assert.match(error.message, /SANDBOX_BASE_CONTAINER_IMAGE/)
    assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
  })

  test('[P11] a disk that is full', { timeout: 120_000 }, async () => {
    await using small = await DockerEngine.empty(64 * 1024 ** 2)
    await small.load('openhands-empty:latest', await emptyRoot('nothing'))
    await fill(join(small.data, 'filler'))
    const error = await refusal(optionsFor(shared, 'openhands-empty:latest', small.socket))
    assert.match(error.message, /no space left on device[\s\S]*docker system prune/)
  })

  test('[P11] [P37] an engine that dies while a sandbox runs: it is told, and nothing is left running', {
    timeout: 120_000,
  }, async () => {
    await using other = await DockerEngine.start()
    const sleep = sleepOf()
    const runtime = await startIn(createRuntimes(optionsFor(shared, other.image, other.socket)), await folder())
    await run(runtime, `setsid ${sleep} &`)
    await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
    await other.stop('SIGKILL')
    assert.match(await runtime.gone, /engine no longer answers/)
    await runtime[Symbol.asyncDispose]()
    assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
  })

  test('what an engine can do is found, and what it cannot, with a remedy', async () => {
    const probe = async (options: RuntimesOptions): Promise<string[]> =>
      (await createRuntimes(options).probe()).map(({ about, ok, remedy }) => `${about} ${ok} ${remedy ?? ''}`)
    assert.deepEqual(await probe(optionsFor(shared)), ['container engine true ', 'container image true '])
    assert.deepEqual(await probe(optionsFor(shared, 'no/such:image')), [
      'container engine true ',
      'container image false docker pull no/such:image',
    ])
    const [finding = ''] = await probe(optionsFor(shared, engine.image, join(root, 'none.sock')))
    assert.match(finding, /^container engine false .*docker\.io/)
    assert.throws(() => createRuntimes({ ...optionsFor(root), docker: { host: 'tcp://10.0.0.1:2375' } }), RuntimeError)
  })
})

describe('an image that has to be fetched', () => {
  test('[P11] bytes are shown at least every two seconds', { timeout: 120_000 }, async () => {
    await using registry = await ImageRegistry.start(await readFile(await emptyRoot('big', 3_000_000)))
    const shown: { at: number; id: string; message: string }[] = []
    const bytes = (): number =>
      shown.filter(({ message }) => /: [\d.]+ of 3\.0 MB/.test(message.replace(/\.\.\. /, ': '))).length
    const onStatus = (id: string, message: string): void => {
      shown.push({ at: performance.now(), id, message })
      // The rest is sent when some words about the first half were seen.
      if (bytes() === 3) registry.open()
    }
    const starting = createRuntimes(optionsFor(shared, registry.image)).start({
      session: SessionId.parse('1'.repeat(32)),
      directory: await folder(),
      onStatus,
      signal: noSignal,
    })
    await assert.rejects(starting, /has no glibc/)
    const pulling = shown.filter(({ id }) => id === 'STATUS$PULLING_IMAGE')
    assert.ok(pulling.length >= 3)
    assert.match(pulling.at(-1)?.message ?? '', /3\.0 of 3\.0 MB/)
    for (const [index, { at }] of pulling.entries()) assert.ok(at - (pulling[index - 1]?.at ?? at) < 10_000)
    assert.deepEqual(
      [...new Set(shown.map(({ id }) => id))],
      ['STATUS$STARTING_RUNTIME', 'STATUS$PULLING_IMAGE', 'STATUS$STARTING_CONTAINER'],
    )
  })

  test('[P07] an abort ends it at once', async () => {
    await using registry = await ImageRegistry.start(await readFile(await emptyRoot('big', 3_000_000)))
    const abort = new AbortController()
    const reason = new Error('stopped')
    const onStatus = (_id: string, message: string): void => {
      if (/of 3\.0 MB/.test(message)) abort.abort(reason)
    }
    const request = {
      session: SessionId.parse('1'.repeat(32)),
      directory: await folder(),
      onStatus,
      signal: abort.signal,
    }
    await assert.rejects(createRuntimes(optionsFor(shared, registry.image)).start(request), reason)
  })
})

describe('containers and their server', () => {
  const containers = async (dataDirectory: string): Promise<string[]> => {
    const listed = await new DockerClient(engine.socket).list(
      'openhands.data-directory',
      new Owner(dataDirectory).family,
    )
    return listed.map(({ Id }) => Id)
  }

  test('[P08] a server that is killed leaves nothing that runs, and the next removes the rest', {
    timeout: 120_000,
  }, async () => {
    const [directory, dataDirectory, sleep] = [await folder(), await folder(), sleepOf()]
    const command = `setsid nohup ${sleep} >/dev/null 2>&1 & (${sleep} &)`
    const server = spawnServer(optionsFor(dataDirectory), directory, command)
    await once(createInterface(server.stdout), 'line')
    await eventually(() => processesWith(sleep.replace(' ', '\0')).length >= 2, 'they run')
    const gone = once(server, 'exit')
    server.kill('SIGKILL')
    await gone
    await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 0, 'all are gone')
    assert.equal(await createRuntimes(optionsFor(dataDirectory)).reap(), 1)
    assert.deepEqual(await containers(dataDirectory), [])
  })

  test('[P08] what still runs of a killed server is ended by label, and nobody else’s', {
    timeout: 120_000,
  }, async () => {
    const [mine, other, sleep] = [await folder(), await folder(), sleepOf()]
    await using foreign = await startIn(createRuntimes(optionsFor(other)), await folder())
    const runtimes = createRuntimes(optionsFor(mine))
    await using own = await startIn(runtimes, await folder())
    const mark = new Owner(mine).markOf('x').replace(/\.\d+\.\d+\./, '.1.1.')
    const client = new DockerClient(engine.socket)
    const Labels = { 'openhands.data-directory': new Owner(mine).family, 'openhands.sandbox': mark }
    const orphan = await client.create('orphan', { Image: engine.image, Entrypoint: sleep.split(' '), Labels })
    await client.start(orphan)
    await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
    assert.equal(await createRuntimes(optionsFor(other)).reap(), 0)
    assert.equal(await runtimes.reap(), 1)
    assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
    assert.equal(await runtimes.reap(), 0)
    for (const runtime of [own, foreign]) assert.equal((await run(runtime, 'echo lives')).output, 'lives\n')
  })

  test('[P08] an engine that is down when the server starts is no reason not to, and is looked at later', async () => {
    const [dataDirectory, link] = [await folder(), join(root, 'later.sock')]
    const runtimes = createRuntimes(optionsFor(dataDirectory, engine.image, link))
    assert.equal(await runtimes.reap(), 0)
    const mark = new Owner(dataDirectory).markOf('x').replace(/\.\d+\.\d+\./, '.1.1.')
    const Labels = { 'openhands.data-directory': new Owner(dataDirectory).family, 'openhands.sandbox': mark }
    const orphan = await new DockerClient(engine.socket).create('later', { Image: engine.image, Cmd: ['true'], Labels })
    await symlink(engine.socket, link)
    await using runtime = await startIn(runtimes, await folder())
    assert.equal((await run(runtime, 'echo there')).output, 'there\n')
    assert.equal((await containers(dataDirectory)).includes(orphan), false)
  })

  test('[P08] [P11] neither an end nor a failure leaves a container', async () => {
    const dataDirectory = await folder()
    const runtimes = createRuntimes(optionsFor(dataDirectory))
    const runtime = await startIn(runtimes, await folder())
    assert.equal((await containers(dataDirectory)).length, 1)
    await runtime[Symbol.asyncDispose]()
    assert.deepEqual(await containers(dataDirectory), [])
    await assert.rejects(
      startIn(createRuntimes({ ...optionsFor(dataDirectory), node: '/nonexistent' }), await folder()),
    )
    assert.deepEqual(await containers(dataDirectory), [])
  })

  test('[P08] ten sandboxes at once, each ready and each ended', { timeout: 120_000 }, async () => {
    const dataDirectory = await folder()
    const runtimes: Runtimes = createRuntimes(optionsFor(dataDirectory))
    const started = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => startIn(runtimes, await folder(), 50 + index)),
    )
    const outputs = await Promise.all(started.map(runtime => run(runtime, 'echo ready')))
    assert.deepEqual(
      outputs.map(({ output }) => output),
      started.map(() => 'ready\n'),
    )
    await Promise.all(started.map(runtime => runtime[Symbol.asyncDispose]()))
    assert.deepEqual(await containers(dataDirectory), [])
  })

  test('[P45] a container that has used its memory says so', { timeout: 120_000 }, async () => {
    const options = { ...optionsFor(await folder()), limits: { memoryBytes: 128 * 1024 ** 2 } }
    await using runtime = await startIn(createRuntimes(options), await folder())
    const hog = `perl -e 'my @a; push @a, "x" x 1000000 while 1'`
    const result = await run(runtime, hog)
    assert.match(result.output, /Out of memory: limit 128 MiB/)
  })

  test('[S29] an ordinary user’s server runs programs as that user', { timeout: 120_000 }, async () => {
    await engine.admit(20_001)
    const [directory, dataDirectory] = [await folder(), await folder()]
    for (const path of [directory, dataDirectory]) await chown(path, 20_001, 20_001)
    const server = spawnServer(optionsFor(dataDirectory), directory, 'id -u > made', 20_001)
    assert.deepEqual(await once(createInterface(server.stdout), 'line'), ['ready'])
    const { uid } = await stat(join(directory, 'made'))
    server.kill('SIGKILL')
    await once(server, 'exit')
    assert.equal(uid, 20_001)
  })
})

/** Writes until nothing more can be written. */
async function fill(path: string): Promise<void> {
  await using file = await open(path, 'w')
  const piece = Buffer.alloc(4096, 1)
  await assert.rejects(async () => {
    for (;;) await file.write(piece)
  }, /ENOSPC/)
}

/** A process that starts a sandbox, runs a command in it, says so and waits for its death; or says why it cannot. */
function spawnServer(
  options: RuntimesOptions,
  directory: string,
  command: string,
  uid?: number,
): ReturnType<typeof spawn> & { stdout: NonNullable<ReturnType<typeof spawn>['stdout']> } {
  const program = `
    import { createRuntimes } from ${JSON.stringify(join(import.meta.dirname, 'catalogue.ts'))}
    const [options, directory, command] = JSON.parse(process.env.REQUEST)
    const signal = new AbortController().signal
    const session = '1'.repeat(32)
    try {
      const runtime = await createRuntimes(options).start({ session, directory, onStatus() {}, signal })
      await runtime.run({ command, isInput: false, timeoutMs: 10000 }, signal)
      process.stdout.write('ready\\n')
    } catch (error) {
      process.stdout.write(JSON.stringify(error.message) + '\\n')
      process.exit(1)
    }
    setInterval(() => {}, 1000)
  `
  const env = { REQUEST: JSON.stringify([options, directory, command]) }
  const user = uid === undefined ? {} : { uid, gid: uid }
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    ...user,
  })
}
