import { useSyncExternalStore } from 'react'

/** Where the page is; it stands behind the `#` of the address. */
export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'conversation'; readonly id: string; readonly event: number | undefined }
  | { readonly page: 'settings'; readonly section: string }

/** Reads what stands behind the `#`; whatever is no place is home. */
export function parseRoute(hash: string): Route {
  const [, first, second = '', third] = hash.split('/')
  if (first === 'conversations' && /^[0-9a-f-]{32,36}$/.test(second)) {
    return { page: 'conversation', id: second, event: third && /^\d{1,9}$/.test(third) ? Number(third) : undefined }
  }
  if (first === 'settings') return { page: 'settings', section: /^[a-z-]{1,30}$/.test(second) ? second : '' }
  return { page: 'home' }
}

/** The address of a place, for links. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case 'home':
      return '#/'
    case 'conversation':
      return `#/conversations/${route.id}${route.event === undefined ? '' : `/${route.event}`}`
    case 'settings':
      return `#/settings${route.section === '' ? '' : `/${route.section}`}`
  }
}

/** Goes to a place. */
export function go(route: Route): void {
  location.hash = hrefOf(route)
}

/** Goes to a place that takes the present one's place in the history: the way back does not lead through all of them. */
export function goInstead(route: Route): void {
  location.replace(hrefOf(route))
}

let current: { hash: string; route: Route } = { hash: '', route: { page: 'home' } }

/** The present place; the same object as long as it stays. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, read)
}

function read(): Route {
  if (current.hash !== location.hash) current = { hash: location.hash, route: parseRoute(location.hash) }
  return current.route
}

function subscribe(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}
