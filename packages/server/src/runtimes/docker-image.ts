import type { DockerClient, EngineImage, PullReport } from './docker-client.ts'
import { EngineError } from './docker-http.ts'

/** Milliseconds between two words of progress. */
const interval = 1000
/** Parts of an image whose progress is counted; engines allow 127. */
const mostLayers = 1000

/** The image of a name, fetched first where the engine does not have it. */
export async function imageOf(
  client: DockerClient,
  name: string,
  onStatus: (id: string, message: string) => void,
  signal: AbortSignal,
): Promise<EngineImage> {
  const present = await client.image(name, signal)
  if (present !== undefined) return present
  const layers = new Layers()
  const tell = (): void => onStatus('STATUS$PULLING_IMAGE', `Pulling the image ${name}... ${layers}`.trimEnd())
  tell()
  const timer = setInterval(tell, interval)
  try {
    await client.pull(name, report => layers.add(report), signal)
  } finally {
    clearInterval(timer)
  }
  tell()
  const pulled = await client.image(name, signal)
  if (pulled === undefined) throw new EngineError(404, `${name} was pulled and is not there`)
  return pulled
}

/** How far the parts of an image have come, as far as an engine has told. */
class Layers {
  readonly #layers = new Map<string, { current: number; total: number; isUnpacking: boolean }>()

  add({ id, status, progressDetail }: PullReport): void {
    const { current, total } = progressDetail ?? {}
    if (id === undefined || (this.#layers.size >= mostLayers && !this.#layers.has(id))) return
    const before = this.#layers.get(id)
    const isUnpacking = status === 'Extracting' || status === 'Pull complete' || status === 'Download complete'
    if (isUnpacking) this.#layers.set(id, { current: before?.total ?? 0, total: before?.total ?? 0, isUnpacking })
    else if (total !== undefined) this.#layers.set(id, { current: current ?? 0, total, isUnpacking })
  }

  toString(): string {
    const layers = [...this.#layers.values()]
    if (layers.length === 0) return ''
    const sum = (of: 'current' | 'total'): string =>
      (layers.reduce((all, layer) => all + layer[of], 0) / 1e6).toFixed(1)
    const bytes = `${sum('current')} of ${sum('total')} MB`
    return layers.every(layer => layer.isUnpacking) ? `${bytes}, unpacking` : bytes
  }
}
