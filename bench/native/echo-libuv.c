/**
 * An idiomatic echo server on libuv: one buffer for all reads, uv_try_write first, and a write request only for what the socket does not
 * accept. The server does not read from the client until that is sent.
 */

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "fail.h"
#include "listener.h"

enum { CHUNK_BYTES = 256 * 1024 };

struct connection {
  uv_tcp_t tcp; /* the first member, so that the handle can be cast to its connection */
};

/** The bytes that the socket did not accept, and the request that sends them. */
struct rest {
  uv_write_t request;
  char bytes[];
};

static char chunk[CHUNK_BYTES];

static void check(int status, const char *what) {
  if (status < 0) fail("%s: %s", what, uv_strerror(status));
}

static void offer_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle;
  (void)suggested;
  *buffer = uv_buf_init(chunk, sizeof chunk);
}

static void free_connection(uv_handle_t *handle) { free(handle); }

static void close_connection(uv_stream_t *stream) {
  if (!uv_is_closing((uv_handle_t *)stream)) uv_close((uv_handle_t *)stream, free_connection);
}

static void received(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer);

static void rest_was_sent(uv_write_t *request, int status) {
  uv_stream_t *stream = request->handle;
  free(request); /* frees the struct rest, whose first member is the request */
  if (status < 0) {
    close_connection(stream);
  } else {
    check(uv_read_start(stream, offer_chunk, received), "uv_read_start");
  }
}

static void send_rest(uv_stream_t *stream, const char *bytes, size_t length) {
  struct rest *rest = malloc(sizeof *rest + length);
  if (rest == NULL) fail("no memory for %zu bytes", length);
  memcpy(rest->bytes, bytes, length);
  const uv_buf_t buffer = uv_buf_init(rest->bytes, (unsigned)length);
  uv_read_stop(stream);
  if (uv_write(&rest->request, stream, &buffer, 1, rest_was_sent) < 0) {
    free(rest);
    close_connection(stream);
  }
}

static void received(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer) {
  if (length < 0) {
    close_connection(stream);
    return;
  }
  if (length == 0) return; /* libuv's EAGAIN */
  const uv_buf_t answer = uv_buf_init(buffer->base, (unsigned)length);
  const int result = uv_try_write(stream, &answer, 1);
  if (result < 0 && result != UV_EAGAIN) {
    close_connection(stream);
    return;
  }
  const ssize_t sent = result < 0 ? 0 : result;
  if (sent < length) send_rest(stream, buffer->base + sent, (size_t)(length - sent));
}

static void accept_client(uv_stream_t *listener, int status) {
  check(status, "listen");
  struct connection *connection = malloc(sizeof *connection);
  if (connection == NULL) fail("no memory for a connection");
  check(uv_tcp_init(listener->loop, &connection->tcp), "uv_tcp_init");
  uv_stream_t *stream = (uv_stream_t *)&connection->tcp;
  check(uv_accept(listener, stream), "uv_accept");
  check(uv_tcp_nodelay(&connection->tcp, 1), "uv_tcp_nodelay");
  check(uv_read_start(stream, offer_chunk, received), "uv_read_start");
}

int main(void) {
  uv_loop_t *loop = uv_default_loop();
  const int fd = listen_on_loopback();
  uv_tcp_t listener;
  check(uv_tcp_init(loop, &listener), "uv_tcp_init");
  check(uv_tcp_open(&listener, fd), "uv_tcp_open");
  check(uv_listen((uv_stream_t *)&listener, BACKLOG, accept_client), "uv_listen");
  announce_port(fd);
  return uv_run(loop, UV_RUN_DEFAULT);
}
