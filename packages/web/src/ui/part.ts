import { type ComponentType, type LazyExoticComponent, lazy } from 'react'

/** A part of the page that could not be loaded: the line is down, or the server has another page by now. */
export class PartGone extends Error {
  constructor(cause: unknown) {
    super('a part of the page cannot be loaded', { cause })
    this.name = 'PartGone'
  }
}

/** A component that is loaded when it is first drawn; a `Fence` around it tells where that fails. */
export function part<P extends object>(load: () => Promise<ComponentType<P>>): LazyExoticComponent<ComponentType<P>> {
  return lazy(() =>
    load().then(
      loaded => ({ default: loaded }),
      (error: unknown) => {
        throw new PartGone(error)
      },
    ),
  )
}
