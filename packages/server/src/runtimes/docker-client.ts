import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { DockerHttp, EngineError } from './docker-http.ts'

const Version = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  Components: z.array(z.object({ Name: z.string() })).optional(),
})
const Info = z.object({ SecurityOptions: z.array(z.string()).nullish() })
const Image = z.object({
  Id: z.string().min(1),
  Config: z.object({ Env: z.array(z.string()).nullish() }).nullish(),
})
const Created = z.object({ Id: z.string().min(1) })
const Ended = z.object({ StatusCode: z.int() })
const Container = z.object({
  State: z.object({ Pid: z.int(), OOMKilled: z.boolean().default(false) }),
  HostConfig: z.object({
    Memory: z.number().default(0),
    NanoCpus: z.number().default(0),
    PidsLimit: z.number().nullish(),
  }),
})
const Listed = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()).nullable() }))
const PullLine = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
})
const Nothing = z.unknown()

/** What an engine says of an image. */
export type EngineImage = z.output<typeof Image>
/** What an engine says of a container. */
export type EngineContainer = z.output<typeof Container>
/** One line of an engine's report while it fetches an image. */
export type PullReport = z.output<typeof PullLine>

/** The requests to a Docker-compatible engine that sandboxes need; they fail as `DockerHttp` says. */
export class DockerClient {
  readonly http: DockerHttp

  /** `socket` is the path of the engine's socket. */
  constructor(socket: string) {
    this.http = new DockerHttp(socket)
  }

  version(): Promise<z.output<typeof Version>> {
    return this.http.ask(Version, { method: 'GET', path: '/version' })
  }

  /** What the engine says of itself. */
  info(): Promise<z.output<typeof Info>> {
    return this.http.ask(Info, { method: 'GET', path: '/info' })
  }

  /** Undefined where the engine does not have it. */
  async image(name: string, signal?: AbortSignal): Promise<EngineImage | undefined> {
    const path = `/images/${name.split('/').map(encodeURIComponent).join('/')}/json`
    const asked = signal === undefined ? {} : { signal }
    return await this.http.ask(Image, { method: 'GET', path, ...asked }).catch(unlessMissing)
  }

  /** Fetches an image; takes as long as it takes, and ends when the signal is aborted. */
  async pull(name: string, onReport: (report: PullReport) => void, signal: AbortSignal): Promise<void> {
    const query = { fromImage: name, tag: tagOf(name) }
    const answer = await this.http.open({ method: 'POST', path: '/images/create', query, signal })
    try {
      for await (const line of createInterface({ input: answer })) {
        const report = PullLine.parse(JSON.parse(line))
        if (report.error !== undefined) throw new EngineError(0, report.error)
        onReport(report)
      }
      // An interface over lines takes an answer that was cut off for one that has ended.
      if (!answer.complete) throw new EngineError(0, 'the engine has broken off')
    } finally {
      answer.destroy()
    }
    signal.throwIfAborted()
  }

  /** Makes a container that does not run yet, and returns its id. */
  async create(name: string, container: Readonly<Record<string, unknown>>): Promise<string> {
    const query = { name }
    return (await this.http.ask(Created, { method: 'POST', path: '/containers/create', query, body: container })).Id
  }

  /** The input, output and log of a container that has no terminal, see `OutputSplitter`. */
  attach(id: string): Promise<Socket> {
    const query = { stream: '1', stdin: '1', stdout: '1', stderr: '1' }
    return this.http.upgrade({ method: 'POST', path: `/containers/${id}/attach`, query })
  }

  async start(id: string): Promise<void> {
    await this.http.ask(Nothing, { method: 'POST', path: `/containers/${id}/start` })
  }

  /** Resolves to the exit code when the container has ended, however long that takes. */
  async wait(id: string): Promise<number> {
    const answer = await this.http.open({ method: 'POST', path: `/containers/${id}/wait` })
    let text = ''
    for await (const part of answer) text += String(part)
    return Ended.parse(JSON.parse(text)).StatusCode
  }

  async kill(id: string): Promise<void> {
    await this.http.ask(Nothing, { method: 'POST', path: `/containers/${id}/kill` })
  }

  container(id: string): Promise<EngineContainer> {
    return this.http.ask(Container, { method: 'GET', path: `/containers/${id}/json` })
  }

  /** Kills what runs in it and removes it; resolves when nothing is left of it, also where nothing was. */
  async remove(id: string): Promise<void> {
    const query = { force: '1', v: '1' }
    const removing = this.http.ask(Nothing, { method: 'DELETE', path: `/containers/${id}`, query })
    await removing.catch(async error => {
      if (!(error instanceof EngineError) || error.status !== 409) return unlessMissing(error)
      // Somebody else is removing it.
      const gone = { method: 'POST', path: `/containers/${id}/wait`, query: { condition: 'removed' } } as const
      await this.http.ask(Nothing, gone).catch(unlessMissing)
    })
  }

  /** The containers, running or not, that carry a label with this value. */
  list(label: string, value: string): Promise<z.output<typeof Listed>> {
    const filters = JSON.stringify({ label: [`${label}=${value}`] })
    return this.http.ask(Listed, { method: 'GET', path: '/containers/json', query: { all: '1', filters } })
  }
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof EngineError && error.status === 404) return undefined
  throw error
}

/** Without a tag, an engine would fetch all that there are; a digest names the image by itself. */
function tagOf(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1)
  return last.includes(':') || last.includes('@') ? '' : 'latest'
}

/** Whether an engine that says so of itself is Podman, which differs in small things. */
export function isPodman(components: readonly { readonly Name: string }[] | undefined): boolean {
  return components?.some(({ Name }) => Name.startsWith('Podman')) === true
}
