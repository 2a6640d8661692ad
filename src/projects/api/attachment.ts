/**
 * RFC 6266: a file that a browser saves and never shows, under its own name; in plain letters for clients that read no
 * other. Nothing in a name can end the header or begin another.
 */
export function attachment(filename: string): string {
  const plain = filename.replaceAll(/[^ -~]|["\\%]/gu, '_')
  const exact = encodeURIComponent(filename).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}
