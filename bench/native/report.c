#include "report.h"

#include <stdio.h>

static double microseconds(int64_t nanoseconds) { return (double)nanoseconds / 1000; }

static void print_latencies(const struct histogram *latencies) {
  printf(",\"latencyUs\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p99.9\":%.3f,\"max\":%.3f}",
         microseconds(histogram_percentile(latencies, 0.5)), microseconds(histogram_percentile(latencies, 0.9)),
         microseconds(histogram_percentile(latencies, 0.99)), microseconds(histogram_percentile(latencies, 0.999)),
         microseconds(latencies->greatest));
}

static void print_buckets(const struct histogram *latencies) {
  const char *separator = "";
  printf(",\"buckets\":[");
  for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket += 1) {
    if (latencies->counts[bucket] == 0) continue;
    printf("%s[%lld,%llu]", separator, (long long)histogram_value(bucket),
           (unsigned long long)latencies->counts[bucket]);
    separator = ",";
  }
  printf("]");
}

void report(const struct options *options, const struct outcome *outcome) {
  printf("{\"mode\":\"%s\",\"connections\":%u,\"idle\":%u,\"size\":%u,\"depth\":%u",
         options->udp ? "udp" : options->connect ? "connect" : options->rate > 0 ? "open" : "closed", options->connections, options->idle,
         options->size, options->depth);
  if (options->rate > 0) printf(",\"rate\":%g,\"unanswered\":%llu", options->rate, (unsigned long long)outcome->unanswered);
  printf(",\"seconds\":%.6f,\"roundTrips\":%.3f,\"perSecond\":%.1f", outcome->seconds, outcome->round_trips,
         outcome->round_trips / outcome->seconds);
  if (options->server > 0) {
    printf(",\"serverCpuSeconds\":%.9f", (double)outcome->server_cpu_ns / 1e9);
    if (outcome->round_trips > 0) {
      printf(",\"serverCpuUsPerRoundTrip\":%.4f", microseconds(outcome->server_cpu_ns) / outcome->round_trips);
    }
    if (options->idle > 0) {
      printf(",\"serverRssBytes\":{\"beforeIdle\":%lld,\"withIdle\":%lld}", (long long)outcome->rss_before_idle,
             (long long)outcome->rss_with_idle);
    }
  }
  print_latencies(&outcome->latencies);
  if (options->buckets) print_buckets(&outcome->latencies);
  printf("}\n");
}
