// Loaded before the program that `with-node24.mjs` starts: the channel closes when the launcher is gone, even by SIGKILL.
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"))
process.channel?.unref()
