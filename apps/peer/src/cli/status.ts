import type { Status } from "../api/contract.ts"
import type { Command } from "./command.ts"
import { oneLine } from "./terminal-text.ts"

export const statusCommand: Command = {
  words: ["status"],
  parameters: [],
  options: [],
  summary: "who this is, who is connected, how full the pool is",
  async run({ connect, output }) {
    const { identity, peerId, name, peers, groups, pool, trouble } = await connect().get<Status>("/api/status")
    const shown = { identity, peerId, name, peers, groups, pool, ...(trouble === undefined ? {} : { trouble }) }
    output.item(shown, (status) =>
      [
        `name      ${status.name === "" ? "(none yet)" : oneLine(status.name)}`,
        `identity  ${status.identity}`,
        `PeerId    ${status.peerId}`,
        `groups    ${status.groups.length}`,
        `pool      ${status.pool.bytes} of ${status.pool.capacity} bytes`,
        `peers     ${status.peers.length}`,
        ...status.peers.map((peer) => `  ${peer.peerId}  ${oneLine(peer.address)}`),
        ...(trouble === undefined ? [] : [`trouble   ${oneLine(trouble.message)}`]),
      ].join("\n"),
    )
  },
}
