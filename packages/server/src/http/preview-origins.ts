import type { PreviewLabels, PreviewTarget } from './preview-label.ts'

/** What a preview is for a browser and for the program behind it. */
export interface Visit extends PreviewTarget {
  readonly label: string
  /** `http://<label>.localhost:3001`, without a path. */
  readonly origin: string
}

const shape = /^(https?):\/\/\*\.([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::(\d{1,5}))?$/
const standardPorts: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
])
/** How programs that listen on this machine name it. */
const localNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '0.0.0.0', '[::]'])

/** Translates between the addresses of previews and those that programs inside believe to have. */
export class PreviewOrigins {
  readonly #labels: PreviewLabels
  readonly #scheme: string
  readonly #suffix: string
  /** What may stand behind the name in a `Host` header. */
  readonly #ports: readonly string[]
  /** Whether browsers take cookies here that are to come only over protected connections. */
  readonly takesSecureCookies: boolean

  /** `pattern` as `https://*.preview.example.com`; the star stands for a label. Throws `RangeError` for another shape. */
  constructor(pattern: string, labels: PreviewLabels) {
    const [, scheme = '', suffix = '', port] = shape.exec(pattern) ?? []
    if (suffix === '')
      throw new RangeError(`The origin of previews must look like https://*.preview.example.com: ${pattern}`)
    const standard = standardPorts.get(scheme) ?? ''
    this.#labels = labels
    this.#scheme = scheme
    this.#suffix = suffix
    this.#ports = port === undefined || port === standard ? ['', `:${standard}`] : [`:${port}`]
    this.takesSecureCookies = scheme === 'https' || suffix === 'localhost' || suffix.endsWith('.localhost')
  }

  /** The address of a preview, without a path. */
  of(target: PreviewTarget): string {
    return `${this.#scheme}://${this.#labels.of(target)}.${this.#suffix}${this.#ports[0]}`
  }

  /** What the `Host` of a request stands for; undefined for everything that is not exactly one of ours. */
  visit(host: string): Visit | undefined {
    const name = host.toLowerCase()
    const end = this.#ports.find(port => name.endsWith(`.${this.#suffix}${port}`))
    if (end === undefined) return undefined
    const label = name.slice(0, name.length - this.#suffix.length - end.length - 1)
    const target = this.#labels.read(label)
    return target && { ...target, label, origin: this.of(target) }
  }

  /** An address of a preview of the same session as its program knows it; undefined for others. */
  inside(address: string, { session }: PreviewTarget): string | undefined {
    const url = URL.parse(address)
    const target = url === null ? undefined : this.visit(url.host)
    if (url === null || target?.session !== session || url.origin !== target.origin) return undefined
    return `http://localhost:${target.port}${address.slice(url.origin.length)}`
  }

  /** An address on this machine, as programs inside write it, as a browser can reach it; undefined for others. */
  outside(address: string, { session, port }: PreviewTarget): string | undefined {
    const url = /^(?:https?:)?\/\//i.test(address) ? URL.parse(address, `http://localhost:${port}`) : null
    if (url === null || !localNames.has(url.hostname)) return undefined
    const standard = standardPorts.get(url.protocol.slice(0, -1))
    const origin = this.of({ session, port: Number(url.port || standard) })
    return origin + address.replace(/^(?:https?:)?\/\/[^/?#]*/i, '')
  }
}
