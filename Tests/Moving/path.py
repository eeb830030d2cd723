"""A way through loopback that can be cut: what gateways reach the control plane by."""

import asyncio
import threading


class Path:
    """Forwards to `port`. While it is *held* nothing comes through, and all of it comes late when it is mended; while it
    is *broken* connections are reset."""

    loop = None

    def __init__(self, port):
        self.target, self.is_broken = port, False
        if Path.loop is None:
            Path.loop = asyncio.new_event_loop()
            threading.Thread(target=Path.loop.run_forever, daemon=True).start()
        self.port = self._call(self._listen())

    def hold(self):
        self._call(self._set(False, False))

    def break_off(self):
        self._call(self._set(True, True))

    def mend(self):
        self._call(self._set(True, False))

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, Path.loop).result()

    async def _listen(self):
        self.flows, self.writers = asyncio.Event(), set()
        self.flows.set()
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=64)
        return self.server.sockets[0].getsockname()[1]

    async def _set(self, flows, is_broken):
        self.is_broken = is_broken
        (self.flows.set if flows else self.flows.clear)()
        if is_broken:
            for writer in self.writers:
                writer.transport.abort()

    async def _connected(self, reader, writer):
        await self.flows.wait()
        if self.is_broken:
            return writer.transport.abort()
        try:
            their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return writer.transport.abort()
        self.writers |= {writer, their_writer}
        await asyncio.gather(self._pump(reader, their_writer), self._pump(their_reader, writer))
        for end in (writer, their_writer):
            self.writers.discard(end)
            end.close()

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
            await self.flows.wait()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            writer.transport.abort()
