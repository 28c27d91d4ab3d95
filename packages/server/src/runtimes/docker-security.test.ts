import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { z } from 'zod'
import type { Runtime } from '../core/ports.ts'
import { DockerEngine } from '../testing/docker-engine.ts'
import { eventually, processesWith, run, sleepOf, startIn } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'
import { DockerClient } from './docker-client.ts'
import { Owner } from './owner.ts'

const signal = new AbortController().signal
const Inspected = z.object({
  Image: z.string(),
  Config: z.object({
    User: z.string(),
    Image: z.string(),
    Env: z.array(z.string()),
    ExposedPorts: z.unknown().optional(),
  }),
  HostConfig: z.record(z.string(), z.unknown()),
  Mounts: z.array(z.object({ Type: z.string(), Source: z.string(), Destination: z.string(), RW: z.boolean() })),
  NetworkSettings: z.object({ Ports: z.record(z.string(), z.unknown()) }),
})

describe('what a container keeps apart', () => {
  let root: string
  let engine: DockerEngine
  let runtime: Runtime
  before(async () => {
    process.env['CANARY_KEY'] = 'canary-in-environment'
    engine = await DockerEngine.start()
    root = await mkdtemp(join(tmpdir(), 'openhands-docker-security-'))
    await mkdir(join(root, 'workspace'))
    await writeFile(join(root, 'secret'), 'canary-in-file')
    const runtimes = createRuntimes({
      sandbox: 'docker',
      dataDirectory: root,
      docker: { host: engine.socket, image: engine.image },
      limits: {
        silenceMs: 5000,
        temporaryBytes: 8 * 1024 ** 2,
        memoryBytes: 256 * 1024 ** 2,
        processes: 100,
        cpus: 0.5,
      },
    })
    runtime = await startIn(runtimes, join(root, 'workspace'))
  })
  after(async () => {
    delete process.env['CANARY_KEY']
    await runtime[Symbol.asyncDispose]()
    await engine[Symbol.asyncDispose]()
    await rm(root, { recursive: true })
  })
  const outputOf = async (command: string): Promise<string> => (await run(runtime, command)).output
  /** Checks that none of the commands succeeds. */
  const refused = (rule: string, commands: readonly string[]): void =>
    void test(rule, async () => {
      for (const command of commands)
        assert.notEqual((await run(runtime, `(${command}) >/dev/null 2>&1`)).exitCode, 0, command)
    })

  test('[S29] the engine says so: no rights, not root, limits, nothing of the host’s but what is needed', async () => {
    const client = new DockerClient(engine.socket)
    const [listed] = await client.list('openhands.data-directory', new Owner(root).family)
    const inspected = await client.http.ask(Inspected, { method: 'GET', path: `/containers/${listed?.Id}/json` })
    const { HostConfig, Config, Mounts, NetworkSettings } = inspected
    assert.deepEqual(
      {
        Privileged: HostConfig['Privileged'],
        CapAdd: HostConfig['CapAdd'],
        CapDrop: HostConfig['CapDrop'],
        NetworkMode: HostConfig['NetworkMode'],
        PidMode: HostConfig['PidMode'],
        IpcMode: HostConfig['IpcMode'],
        UTSMode: HostConfig['UTSMode'],
        CgroupnsMode: HostConfig['CgroupnsMode'],
        ReadonlyRootfs: HostConfig['ReadonlyRootfs'],
        Init: HostConfig['Init'],
        Memory: HostConfig['Memory'],
        MemorySwap: HostConfig['MemorySwap'],
        PidsLimit: HostConfig['PidsLimit'],
        NanoCpus: HostConfig['NanoCpus'],
        Devices: HostConfig['Devices'],
        Binds: HostConfig['Binds'],
        VolumesFrom: HostConfig['VolumesFrom'],
        PortBindings: HostConfig['PortBindings'],
        LogConfig: HostConfig['LogConfig'],
      },
      {
        Privileged: false,
        CapAdd: null,
        CapDrop: ['ALL'],
        NetworkMode: 'none',
        PidMode: '',
        IpcMode: 'private',
        UTSMode: '',
        CgroupnsMode: 'private',
        ReadonlyRootfs: true,
        Init: true,
        Memory: 256 * 1024 ** 2,
        MemorySwap: 256 * 1024 ** 2,
        PidsLimit: 100,
        NanoCpus: 5e8,
        Devices: null,
        Binds: null,
        VolumesFrom: null,
        PortBindings: null,
        LogConfig: { Type: 'none', Config: {} },
      },
    )
    const options = z.array(z.string()).parse(HostConfig['SecurityOpt'])
    assert.deepEqual(
      options.map(option => option.split('=')[0]),
      ['no-new-privileges', 'seccomp'],
    )
    assert.match(options[1] ?? '', /"defaultAction":"SCMP_ACT_ERRNO"/)
    assert.match(Config.User, /^[1-9]\d*:[1-9]\d*$/)
    assert.match(Config.Image, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual(NetworkSettings.Ports, {})
    assert.doesNotMatch(JSON.stringify(inspected), /canary/i)
    const mounts = Mounts.filter(({ Type }) => Type === 'bind').map(
      ({ Destination, RW }) => `${Destination} ${RW ? 'rw' : 'ro'}`,
    )
    assert.deepEqual(mounts.sort(), [
      '/etc/group ro',
      '/etc/hosts ro',
      '/etc/passwd ro',
      '/home/agent rw',
      '/openhands/node ro',
      '/openhands/program ro',
      '/openhands/state rw',
      '/workspace rw',
    ])
    const within = Mounts.filter(({ RW, Type }) => RW && Type === 'bind').map(({ Source }) => Source)
    for (const source of within) assert.ok(source.startsWith(`${root}/`), source)
  })

  test('[S30] the limits that hold are told', () => {
    const limits = runtime.limits.map(({ of, value, by }) => [of, value, by])
    assert.deepEqual(limits, [
      ['memory', 256 * 1024 ** 2, 'docker'],
      ['processes', 100, 'docker'],
      ['cpu', 0.5, 'docker'],
      ['open files', 4096, 'docker'],
      ['temporary files', 8 * 1024 ** 2, 'docker'],
      ['free disk', 1024 ** 3, 'executor'],
    ])
  })

  test('[S27] programs have no rights, cannot gain any, and are not root on the host', async () => {
    const status = await outputOf('cat /proc/self/status')
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'CapInh'])
      assert.match(status, new RegExp(`${set}:\t0+\n`))
    assert.match(status, /NoNewPrivs:\t1\n/)
    assert.match(status, /Seccomp:\t2\n/)
    assert.equal(await outputOf('whoami; id -gn'), 'agent\nagent\n')
    const sleep = sleepOf()
    await run(runtime, `${sleep} &`)
    await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
    const [pid] = processesWith(sleep.replace(' ', '\0'))
    assert.notEqual((await stat(`/proc/${pid}`)).uid, 0)
  })

  refused('[S27] nothing but the workspace, home and temporary folders can be written', [
    'touch /x',
    'touch /etc/x',
    'touch /usr/x',
    'touch /opt/x',
    'touch /dev/x',
    'touch /sys/x',
    'touch /sys/fs/cgroup/memory/x',
    'mkdir /sys/fs/cgroup/x',
    'echo 1 > /sys/fs/cgroup/memory/memory.limit_in_bytes',
    'echo max > /sys/fs/cgroup/memory.max',
    'touch /openhands/x',
    'touch /openhands/node',
    'touch /openhands/program/main.js',
    'echo >> /openhands/program/main.js',
    'touch /var/x',
    'touch /home/x',
    'mknod /tmp/null c 1 3',
    'mknod /tmp/disk b 254 0',
    'rm -rf /usr/bin/true',
    'mv /openhands /tmp/other',
  ])

  refused('[S27] files of the host cannot be read', [
    'cat /etc/shadow',
    'cat /root/x',
    'ls /var/run/docker.sock',
    'ls /run/docker.sock',
    `ls ${tmpdir()}/openhands-docker-security-*`,
    'ls /workspace/../secret',
    'cat /proc/1/root/root',
    'cat /proc/kcore',
    'ls /proc/scsi/scsi',
  ])

  refused("[S27] mounts, roots, name spaces and the kernel's switches are out of reach", [
    'mount -o remount,rw /',
    'mount -t tmpfs none /tmp',
    'umount /workspace',
    'chroot / true',
    'unshare -U true',
    'unshare -Urm true',
    'nsenter -t 1 -m true',
    'echo 1 > /proc/sys/kernel/panic',
    'cat /proc/sys/kernel/panic > /proc/sys/kernel/panic',
    'echo x > /proc/sysrq-trigger',
    'dmesg',
    'hostname other',
    'date -s 2020-01-01',
  ])

  test('[S27] the file tools see what the shell sees', async () => {
    for (const path of ['/etc/shadow', '/root/.bashrc', join(root, 'secret'), '../secret', '/proc/1/mem']) {
      assert.equal((await runtime.read(path, signal)).ok, false, path)
    }
    await run(runtime, `ln -sfn ${root}/secret link; ln -sfn /proc/self/root/root up`)
    for (const path of ['link', 'up/.bashrc']) assert.equal((await runtime.read(path, signal)).ok, false, path)
  })

  test('[S19] neither the environment nor the memory of the server is there', async () => {
    const everything = 'cat /proc/*/environ /proc/*/task/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; env'
    const seen = await outputOf(everything)
    assert.doesNotMatch(seen, /canary/i)
    assert.doesNotMatch(seen, new RegExp(root))
  })

  test('[S19] no process of the host can be seen or signalled', async () => {
    const pids = (await outputOf('ls /proc | grep -E "^[0-9]+$"')).trim().split('\n').map(Number)
    assert.ok(pids.length < 12 && Math.max(...pids) < 10_000)
    assert.notEqual((await run(runtime, `kill -0 ${process.pid} 2>/dev/null`)).exitCode, 0)
  })

  test('[S28] there is no network but its own loopback, and no socket of the host', async () => {
    const tcp = createServer(socket => socket.end('canary')).listen(0, '127.0.0.1')
    const local = createServer(socket => socket.end('canary')).listen(join(root, 'host.sock'))
    const abstract = createServer(socket => socket.end('canary')).listen('\0openhands-docker-security')
    try {
      await Promise.all([tcp, local, abstract].map(server => server.listening || once(server, 'listening')))
      const address = tcp.address()
      assert.ok(typeof address === 'object' && address !== null)
      assert.match(await outputOf('cat /proc/net/dev'), /lo:/)
      assert.equal((await outputOf('tail -n +3 /proc/net/dev | grep -vc lo:')).trim(), '0')
      const unix = (path: string): string =>
        `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); connect(S,sockaddr_un("${path}")) or exit 1'`
      for (const command of [
        `exec 3<>/dev/tcp/127.0.0.1/${address.port}`,
        'exec 3<>/dev/tcp/169.254.169.254/80',
        'exec 3<>/dev/tcp/1.1.1.1/53',
        unix('\\0openhands-docker-security'),
        unix(`${root}/host.sock`),
        unix(engine.socket),
        `perl -e 'socket(S,40,1,0) or exit 1'`,
        `perl -e 'socket(S,17,3,0) or exit 1'`,
        `perl -e 'socket(S,38,5,0) or exit 1'`,
        `perl -e 'socket(S,(1<<32)|40,1,0) or exit 1'`,
      ])
        assert.notEqual((await run(runtime, `(${command}) >/dev/null 2>&1`)).exitCode, 0, command)
    } finally {
      for (const server of [tcp, local, abstract]) server.close()
    }
  })

  test('[S30] [P45] too many processes, files and bytes in memory meet their bounds, which are named', async () => {
    const forks = await run(runtime, 'for i in $(seq 300); do sleep 2 & done 2>/dev/null; wait', 60_000)
    assert.match(forks.output, /limit of 100 processes/)
    assert.equal((await run(runtime, 'head -c 20000000 /dev/zero > /tmp/big 2>/dev/null')).exitCode, 1)
    await run(runtime, 'rm /tmp/big')
    assert.equal((await outputOf('ulimit -n; ulimit -c')).trim(), '4096\n0')
    const hog = await run(runtime, `perl -e 'my @a; push @a, "x" x 1000000 while 1'`, 60_000)
    assert.equal(hog.exitCode, 137)
    assert.match(hog.output, /Out of memory: limit 256 MiB/)
    assert.match(await outputOf('echo alive'), /alive\n$/)
  })

  test('[P08] children that have lost their parent are collected', async () => {
    await run(runtime, 'for i in 1 2 3 4 5; do (setsid true &); done')
    await eventually(async () => (await outputOf("ps -eo stat= | grep -c '^Z'")).trim() === '0', 'none is left')
  })
})
