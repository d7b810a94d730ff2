#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"

static const char usage[] =
    "load --port P [options]: measures an echo server on 127.0.0.1 and prints one line of JSON\n"
    "\n"
    "  --connections N   number of active connections (default 1)\n"
    "  --size BYTES      size of a message (default 64)\n"
    "  --depth N         messages in flight on each connection (default 1)\n"
    "  --seconds S       length of the measurement (default 1)\n"
    "  --warmup S        length of the warm-up before it (default 0.5)\n"
    "  --rate R          open loop: R messages per second in total, with latency measured from their due times;\n"
    "                    without it, the loop is closed: each answer is followed by the next message\n"
    "  --idle K          number of idle connections, each of which echoes once (default 0)\n"
    "  --connect         measure connection set-up: connect, echo one message, close, repeatedly\n"
    "  --udp             datagrams instead of streams: each socket has --depth in flight, and a loss is an error\n"
    "  --server-pid PID  measure this process: CPU time in the window, memory before and after --idle\n"
    "  --buckets         print the histogram of latencies as [nanoseconds, count] pairs\n";

enum { CONNECTIONS_MAX = 1000000, BYTES_MAX = 64 * 1024 * 1024, DEPTH_MAX = 10000 };

static double number(const char *option, const char *text, double least, double most) {
  char *end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || !(value >= least && value <= most)) {
    fail("--%s: expected a number from %g to %.0f, got \"%s\"", option, least, most, text);
  }
  return value;
}

static unsigned whole(const char *option, const char *text, unsigned least, unsigned most) {
  const double value = number(option, text, least, most);
  if (value != floor(value)) fail("--%s: expected an integer, got \"%s\"", option, text);
  return (unsigned)value;
}

enum name { PORT, CONNECTIONS, SIZE, DEPTH, SECONDS, WARMUP, RATE, IDLE, CONNECT, UDP, SERVER_PID, BUCKETS, HELP };

static const struct option names[] = {
    {"port", required_argument, NULL, PORT},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"size", required_argument, NULL, SIZE},
    {"depth", required_argument, NULL, DEPTH},
    {"seconds", required_argument, NULL, SECONDS},
    {"warmup", required_argument, NULL, WARMUP},
    {"rate", required_argument, NULL, RATE},
    {"idle", required_argument, NULL, IDLE},
    {"connect", no_argument, NULL, CONNECT},
    {"udp", no_argument, NULL, UDP},
    {"server-pid", required_argument, NULL, SERVER_PID},
    {"buckets", no_argument, NULL, BUCKETS},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void set_option(struct options *options, enum name name, const char *text) {
  const char *option = names[name].name;
  switch (name) {
    case PORT: options->port = (uint16_t)whole(option, text, 1, 65535); break;
    case CONNECTIONS: options->connections = whole(option, text, 1, CONNECTIONS_MAX); break;
    case SIZE: options->size = whole(option, text, 1, BYTES_MAX); break;
    case DEPTH: options->depth = whole(option, text, 1, DEPTH_MAX); break;
    case SECONDS: options->seconds = number(option, text, 0.01, 86400); break;
    case WARMUP: options->warmup = number(option, text, 0, 86400); break;
    case RATE: options->rate = number(option, text, 1, 1e8); break;
    case IDLE: options->idle = whole(option, text, 0, CONNECTIONS_MAX); break;
    case CONNECT: options->connect = true; break;
    case UDP: options->udp = true; break;
    case SERVER_PID: options->server = (pid_t)whole(option, text, 1, 1u << 30); break;
    case BUCKETS: options->buckets = true; break;
    case HELP: fputs(usage, stdout); exit(0);
  }
}

struct options options_of(int argc, char **argv) {
  struct options options = {.connections = 1, .size = 64, .depth = 1, .seconds = 1, .warmup = 0.5};
  opterr = 0; /* getopt's messages have a different form */
  for (;;) {
    const int name = getopt_long(argc, argv, "", names, NULL);
    if (name == -1) break;
    if (name == '?') fail("unknown or incomplete option \"%s\"; --help lists the options", argv[optind - 1]);
    set_option(&options, (enum name)name, optarg);
  }
  if (optind < argc) fail("expected options only, got \"%s\"", argv[optind]);
  if (options.port == 0) fail("expected --port, the port of the server");
  if (options.rate > 0 && options.depth > 1) fail("--depth (closed loop) and --rate (open loop) exclude each other");
  if (options.connect && (options.rate > 0 || options.idle > 0 || options.depth > 1)) {
    fail("--connect can be combined only with --connections, --size, --seconds and --warmup");
  }
  if (options.udp && (options.connect || options.rate > 0 || options.idle > 0)) {
    fail("--udp excludes --connect, --rate and --idle");
  }
  return options;
}
