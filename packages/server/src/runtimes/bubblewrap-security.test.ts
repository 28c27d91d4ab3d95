import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Runtime } from '../core/ports.ts'
import { eventually, processesWith, run, sleepOf, startIn } from '../testing/runtime-contract.ts'
import { createRuntimes } from './catalogue.ts'

const signal = new AbortController().signal

describe('what bubblewrap keeps apart', () => {
  let root: string
  let runtime: Runtime
  before(async () => {
    process.env['CANARY_KEY'] = 'canary-in-environment'
    root = await mkdtemp('/tmp/openhands-security-')
    await mkdir(join(root, 'workspace'))
    await writeFile(join(root, 'secret'), 'canary-in-file')
    const runtimes = createRuntimes({
      sandbox: 'bubblewrap',
      dataDirectory: root,
      limits: { silenceMs: 5000, temporaryBytes: 8 * 1024 ** 2 },
    })
    runtime = await startIn(runtimes, join(root, 'workspace'))
  })
  after(async () => {
    delete process.env['CANARY_KEY']
    await runtime[Symbol.asyncDispose]()
    await rm(root, { recursive: true })
  })
  const outputOf = async (command: string): Promise<string> => (await run(runtime, command)).output
  /** Checks that none of the commands succeeds. */
  const refused = (rule: string, commands: readonly string[]): void =>
    void test(rule, async () => {
      for (const command of commands)
        assert.notEqual((await run(runtime, `${command} >/dev/null 2>&1`)).exitCode, 0, command)
    })

  test('[S27] programs have no rights, cannot gain any, and are not root on the host', async () => {
    const status = await outputOf('cat /proc/self/status')
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'CapInh'])
      assert.match(status, new RegExp(`${set}:\t0+\n`))
    assert.match(status, /NoNewPrivs:\t1\n/)
    assert.match(status, /Seccomp:\t2\n/)
    assert.match(await outputOf('id -u; id -G'), /^1000\n1000\n$/)
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
    'touch /openhands/node',
    'touch /openhands/program/main.js',
    'echo >> /openhands/program/main.js',
    'mkdir /sys',
    'touch /var/x',
    'touch /home/x',
    'mknod /tmp/null c 1 3',
    'rm -rf /usr/bin/true',
    'mv /openhands /tmp/other',
  ])

  refused('[S27] files of the host cannot be read', [
    'cat /etc/shadow',
    'ls /root',
    'ls /boot',
    'ls /srv',
    'ls /mnt',
    'ls /sys',
    `ls ${'/tmp/openhands-security-*'}`,
    'ls /workspace/../secret',
    'cat /proc/1/root/root',
  ])

  refused("[S27] mounts, roots, name spaces and the kernel's switches are out of reach", [
    'mount -o remount,rw /usr',
    'mount -t tmpfs none /tmp',
    'umount /etc',
    'chroot / true',
    'unshare -U true',
    'unshare -Urm true',
    'nsenter -t 1 -m true',
    'echo 1 > /proc/sys/kernel/panic',
    'cat /proc/sys/kernel/panic > /proc/sys/kernel/panic',
    'echo x > /proc/sysrq-trigger',
    'sysctl -w kernel.panic=0',
    'dmesg',
    'hostname other',
    'date -s 2020-01-01',
    'reboot -f',
  ])

  test('[S27] the file tools see what the shell sees', async () => {
    for (const path of ['/etc/shadow', '/root/.bashrc', join(root, 'secret'), '../secret', '/proc/1/mem']) {
      const outcome = await runtime.read(path, signal)
      assert.equal(outcome.ok, false, path)
    }
    await run(runtime, `ln -sfn ${root}/secret link; ln -sfn /proc/self/root/root up`)
    for (const path of ['link', 'up/.bashrc']) assert.equal((await runtime.read(path, signal)).ok, false, path)
  })

  test('[S19] neither the environment nor the memory of the server is there', async () => {
    const everything = 'cat /proc/*/environ /proc/*/task/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; env'
    const seen = await outputOf(everything)
    assert.doesNotMatch(seen, /canary/i)
    assert.doesNotMatch(seen, new RegExp(root))
    const environment = await runtime.read('/proc/self/environ', signal)
    assert.doesNotMatch(JSON.stringify(environment), /canary/i)
  })

  test('[S19] no process of the host can be seen or signalled', async () => {
    const pids = (await outputOf('ls /proc | grep -E "^[0-9]+$"')).trim().split('\n').map(Number)
    assert.ok(pids.length < 12 && Math.max(...pids) < 10_000)
    assert.notEqual((await run(runtime, `kill -0 ${process.pid} 2>/dev/null`)).exitCode, 0)
  })

  test('[S28] there is no network but its own loopback, and no socket of the host', async () => {
    const tcp = createServer(socket => socket.end('canary')).listen(0, '127.0.0.1')
    const local = createServer(socket => socket.end('canary')).listen(join(root, 'workspace.sock'))
    const abstract = createServer(socket => socket.end('canary')).listen('\0openhands-security-test')
    try {
      await Promise.all([tcp, local, abstract].map(server => server.listening || once(server, 'listening')))
      const address = tcp.address()
      assert.ok(typeof address === 'object' && address !== null)
      assert.match(await outputOf('cat /proc/net/dev'), /lo:/)
      assert.equal((await outputOf('tail -n +3 /proc/net/dev | grep -vc lo:')).trim(), '0')
      const attempts = [
        `exec 3<>/dev/tcp/127.0.0.1/${address.port}`,
        'exec 3<>/dev/tcp/169.254.169.254/80',
        'exec 3<>/dev/tcp/1.1.1.1/53',
        `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); connect(S,sockaddr_un("\\0openhands-security-test")) or exit 1'`,
        `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); connect(S,sockaddr_un("${root}/workspace.sock")) or exit 1'`,
        `perl -e 'socket(S,40,1,0) or exit 1'`,
        `perl -e 'socket(S,17,3,0) or exit 1'`,
        `perl -e 'socket(S,38,5,0) or exit 1'`,
      ]
      for (const attempt of attempts)
        assert.notEqual((await run(runtime, `(${attempt}) 2>/dev/null`)).exitCode, 0, attempt)
    } finally {
      for (const server of [tcp, local, abstract]) server.close()
    }
  })

  test('[S27] a program cannot type into a terminal', async () => {
    const attempt = `perl -e 'ioctl(STDIN, 0x5412, my $c = "x") or exit 1'`
    assert.notEqual((await run(runtime, attempt)).exitCode, 0)
  })

  test('[P45] [S30] a fork bomb, a full folder in memory and open files meet their limits; the sandbox lives', async () => {
    const full = await run(runtime, 'head -c 20000000 /dev/zero > /tmp/full')
    assert.notEqual(full.exitCode, 0)
    assert.match(full.output, /No space left/)
    await run(runtime, 'rm /tmp/full')
    assert.equal(await outputOf('ulimit -u; ulimit -n; ulimit -c'), '1024\n4096\n0\n')
    const bomb = await run(runtime, 'bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 60', 2000)
    assert.equal(bomb.timedOut, true)
    await runtime.write('after', 'x', signal)
    assert.equal(await outputOf('cat after'), 'x')
  })
})
