/** Pictures that this server keeps (S16). */
const OWN = /^\/?api\/conversations\/[0-9a-f-]{32,36}\/blobs\/[\w.-]+$/

/** Whether a picture may be loaded: from this server's blobs, or written out in the address itself; no other ever is. */
export function isOwnPicture(url: string): boolean {
  return OWN.test(url) || /^data:image\/(?:png|jpeg|gif|webp);base64,/.test(url)
}
