/** Where the server is, seen from the document: whatever path a proxy puts in front stays in front. */
export function address(path: string): string {
  return new URL(path, document.baseURI.split(/[?#]/)[0]).href
}

/** The same for a WebSocket. */
export function socketAddress(path: string): string {
  return address(path).replace(/^http/, 'ws')
}
