/** The log is not what has been signed. Nothing more is, until a person has looked into it. */
export class LogDiffers extends Error {
  override readonly name = 'LogDiffers'
}
