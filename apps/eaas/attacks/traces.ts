import { succeededIf, type Attack } from "./attack.ts"
import type { RoleName } from "./start-role.ts"
import { tracesOf } from "./three-roles.ts"

/** Of a secret, so many bytes in a row are enough to recognise it by. */
const PIECE_BYTES = 12

/** Attacks by whoever reads logs, figures, addresses and errors of the platform. */
export const TRACES: readonly Attack[] = [
  {
    id: "secrets in what is said",
    property: "confidentiality",
    name: "finds a secret in the logs, errors, figures or addresses of the three roles",
    async run(scene) {
      const { logs, said, secrets } = await tracesOf(scene)
      const text = [...[...logs.values()].flatMap(({ all }) => all), ...said].join("\n")
      if (secrets.size < 17 || [...secrets.values()].some(({ length }) => length < 16))
        throw new Error(`the scene is broken: it has ${secrets.size} secrets, or one of them is none`)
      return succeededIf([...secrets.values()].some((secret) => spellingsOf(secret).some((it) => text.includes(it))))
    },
  },
  {
    id: "logs that join",
    property: "anonymity",
    name: "joins the logs of AS and PVS by a name or number that both have, or by lines for what a user did",
    async run(scene) {
      const { logs, marks } = await tracesOf(scene)
      if (marks.as.length < 8 || marks.pvs.length < 4) throw new Error("the scene is broken: users left no marks")
      const linesOf = (role: RoleName): readonly string[] => logs.get(role)?.all ?? []
      const isMarked = (line: string): boolean => [...marks.as, ...marks.pvs].some((mark) => line.includes(mark))
      const late = (["as", "pvs"] as const).flatMap((role) => logs.get(role)?.late ?? [])
      return succeededIf([...linesOf("as"), ...linesOf("pvs")].some(isMarked) || late.length > 0)
    },
  },
]

/** Pieces of a secret in hexadecimal, in base64 of either alphabet at either offset, as a number, and as it is. */
function spellingsOf(secret: Uint8Array): readonly string[] {
  const pieces: string[] = []
  for (let at = 0; at + PIECE_BYTES <= secret.length && at < 96; at += 1) {
    const piece = Buffer.from(secret.slice(at, at + PIECE_BYTES))
    pieces.push(piece.toString("hex"), piece.toString("hex").toUpperCase(), piece.toString("latin1"))
    if (at < 3) pieces.push(piece.toString("base64"), piece.toString("base64url"))
  }
  const whole = Buffer.from(secret.slice(0, 32)).toString("hex")
  return [...pieces, String(BigInt(`0x${whole}`)), secret.slice(0, PIECE_BYTES).join(",")]
}
