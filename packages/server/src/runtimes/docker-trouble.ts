import { RuntimeError } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { EngineError } from './docker-http.ts'
import type { ContainerEnd } from './docker-process.ts'

/** What was being done when it went wrong. */
export interface Undertaking {
  readonly socket: string
  readonly image: string
  /** The image was being fetched. */
  readonly isPulling: boolean
}

/** What the system says where an engine cannot be reached, and what to do about it. */
const unreachable: Readonly<Record<string, (socket: string) => readonly [cause: string, remedy: string]>> = {
  ENOENT: socket => [
    `there is no container engine at ${socket}`,
    'install and start one, as in: apt-get install -y docker.io; or name the socket of another in DOCKER_HOST, as in unix:///run/user/1000/podman/podman.sock',
  ],
  ECONNREFUSED: socket => [
    `no container engine listens at ${socket}`,
    'start it: systemctl start docker (or: service docker start)',
  ],
  EACCES: socket => [
    `this server may not use the container engine at ${socket}`,
    'let its user do so: usermod -aG docker USER, and start the server from a new login; or use rootless Podman',
  ],
}

/** What engines say in words only; the remedies are for people to read. */
const refusals: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/no space left on device|disk quota exceeded/i, 'make room where the engine keeps its data: docker system prune'],
  [/bind source path does not exist/i, 'use an engine on this machine, which shares the folders of the server with it'],
  [/docker-init|catatonit|init binary/i, 'install the init of the engine: apt-get install -y tini (Podman: catatonit)'],
  [/exec format error/i, 'use an image for the processor of this machine'],
  [
    /cgroup|rlimit|ulimit/i,
    'let the engine set limits, as described for running it as this user, or ask for lower ones',
  ],
]
const anyRefusal = 'look at what the engine says: docker info, and its log'

/** Lines of an engine's refusal, or of a log, that tell the reason. */
const noGlibc =
  /openhands\/node.*(no such file|not found)|cannot open shared object file|version `(GLIBC|GLIBCXX)_|error relocating/i
/** The exit codes of what could not be executed. */
const notExecuted: readonly number[] = [126, 127]

/** A failure to start as the user should read it: what happened, the engine's own words and one remedy. */
export function troubleOf(error: unknown, { socket, image, isPulling }: Undertaking): RuntimeError {
  if (error instanceof RuntimeError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (Object.hasOwn(unreachable, code)) {
    const [cause = '', remedy = ''] = unreachable[code]?.(socket) ?? []
    return toldAs(cause, remedy, error)
  }
  if (error instanceof EngineError && noGlibc.test(error.message)) return toldAs(error.message, glibcFor(image), error)
  if (error instanceof EngineError) {
    const cause = isPulling
      ? `the image ${image} is not there and could not be fetched: ${error.message}`
      : error.message
    const known = refusals.find(([pattern]) => pattern.test(error.message))?.[1]
    return toldAs(cause, known ?? (isPulling ? remedyForImage(image) : anyRefusal), error)
  }
  const isSilent = error instanceof Error && error.name === 'TimeoutError'
  const cause = isSilent
    ? `the container engine at ${socket} does not answer`
    : `the container engine at ${socket} failed: ${messageOf(error)}`
  return toldAs(cause, `restart it: systemctl restart docker, and ${anyRefusal}`, error)
}

/** The remedy for a container that has ended, or that says nothing, before its executor was there. */
export function remedyForContainer(end: ContainerEnd | undefined, image: string): string {
  if (end === undefined) return `try another image than ${image}: SANDBOX_BASE_CONTAINER_IMAGE names it`
  if (end.outOfMemory) return 'allow sandboxes more memory'
  if (notExecuted.includes(end.exitCode) || noGlibc.test(end.log)) return glibcFor(image)
  return `try the image by itself: docker run --rm -it ${image} bash; SANDBOX_BASE_CONTAINER_IMAGE names another`
}

function toldAs(cause: string, remedy: string, error: unknown): RuntimeError {
  const message = `The sandbox docker could not be started: ${cause}\nWhat to do: ${remedy}.`
  return new RuntimeError('unavailable', message, { cause: error })
}

function glibcFor(image: string): string {
  return `the image ${image} has no glibc that Node.js runs with (musl, as in Alpine Linux, is not enough); name one of Debian, Ubuntu or the like in SANDBOX_BASE_CONTAINER_IMAGE`
}

function remedyForImage(image: string): string {
  return `check its name and the network, then: docker pull ${image}; without a network bring it by docker load, or name one that is there in SANDBOX_BASE_CONTAINER_IMAGE`
}
