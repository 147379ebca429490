/** What ends a command: `code` for scripts, `message` for people (what was wrong and what to do), one line. */
export class CliError extends Error {
  override readonly name = "CliError"
  readonly code: string
  /** 1 where the work failed, 2 where the command line was wrong. */
  readonly exitStatus: 1 | 2

  constructor(code: string, message: string, exitStatus: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.exitStatus = exitStatus
  }
}

export function usageError(message: string): CliError {
  return new CliError("usage", message, 2)
}
