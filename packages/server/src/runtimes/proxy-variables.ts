/** Where programs inside find the way out; the executor listens there and carries it to the proxy's socket. */
export const proxyPort = 3128

/** What tells programs of the proxy and of the certificates to trust, which lie in the folder of the way out. */
export function proxyVariables(egressFolder: string): Record<string, string> {
  const proxy = `http://127.0.0.1:${proxyPort}`
  const none = 'localhost,127.0.0.1,::1'
  const certificates = `${egressFolder}/ca.crt`
  return {
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    ALL_PROXY: proxy,
    NO_PROXY: none,
    http_proxy: proxy,
    https_proxy: proxy,
    all_proxy: proxy,
    no_proxy: none,
    NODE_USE_ENV_PROXY: '1',
    SSL_CERT_FILE: certificates,
    CURL_CA_BUNDLE: certificates,
    REQUESTS_CA_BUNDLE: certificates,
    PIP_CERT: certificates,
    GIT_SSL_CAINFO: certificates,
    NODE_EXTRA_CA_CERTS: certificates,
    // A file that is configured for the whole machine would count for more than Node's own.
    npm_config_cafile: certificates,
    CARGO_HTTP_CAINFO: certificates,
    AWS_CA_BUNDLE: certificates,
    DENO_CERT: certificates,
  }
}
