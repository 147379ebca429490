import { EntropyClientError, Unreachable } from "@starling/eaas"
import { ProverFailed } from "@starling/proof/node"
import { KeyServiceError } from "./key-service.ts"

/** How often the platform is asked whether an epoch that is due has been sealed. In milliseconds. */
const SEALING = 2_000
/** A platform may be set up anew. */
const LONGEST = 10 * 60_000

/** What went wrong with the platform, told for people; other errors pass as they are. */
export function keyServiceError(error: unknown): unknown {
  if (error instanceof Unreachable || error instanceof ProverFailed) {
    return new KeyServiceError("unreachable", "eaas-unreachable", error.message, { cause: error })
  }
  if (!(error instanceof EntropyClientError)) return error
  const message = error.message
  switch (error.reason) {
    case "unreachable":
      return new KeyServiceError("unreachable", "eaas-unreachable", message, { cause: error })
    case "epoch-not-open": {
      // The next epoch may be late, and where none is open, nobody knows of it.
      const retryAfter = Math.min(Math.max(error.retryAfter ?? 0, SEALING), LONGEST)
      return new KeyServiceError("refused", error.reason, message, { cause: error, retryAfter })
    }
    case "quota-used-up":
      return new KeyServiceError("refused", error.reason, message, { cause: error, retryAfter: LONGEST })
    case "not-registered":
      return new KeyServiceError(
        "refused",
        error.reason,
        `${message} Give its enrolment code (--eaas URL#CODE) or a certificate (--eaas-certificate DIR).`,
        {
          cause: error,
        },
      )
    case "no-certificates":
    case "no-credentials":
    case "wrong-code":
    case "other-platform":
    case "clock":
    case "bad-signature":
    case "wrong-root":
    case "two-roots":
    case "older-epoch":
    case "other-circuit":
    case "set-too-small":
    case "proof-failed":
    case "refused":
    case "turned-away":
    case "bad-answer":
    case "newer-version":
    case "damaged-journal":
      return new KeyServiceError("refused", error.reason, message, { cause: error })
    default:
      return error
  }
}
