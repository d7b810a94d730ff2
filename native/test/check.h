// A test framework in one header: named cases that register themselves, and checks that report failures and continue.

#ifndef SELECTLOOP_TEST_CHECK_H_
#define SELECTLOOP_TEST_CHECK_H_

#include <cstdio>
#include <functional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace check {

struct Case {
  std::string name;
  std::function<void()> body;
};

inline std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}

inline int& Failures() {
  static int failures = 0;
  return failures;
}

struct Registrar {
  Registrar(std::string name, std::function<void()> body) { Cases().push_back({std::move(name), std::move(body)}); }
};

inline void Report(const char* file, int line, const std::string& what) {
  ++Failures();
  std::printf("  %s:%d: %s\n", file, line, what.c_str());
}

template <typename Actual, typename Expected>
void Equal(const char* file, int line, const char* text, const Actual& actual, const Expected& expected) {
  if (actual == expected) return;
  std::ostringstream message;
  message << text << " is " << actual << ", expected " << expected;
  Report(file, line, message.str());
}

inline int RunAll() {
  for (const Case& test : Cases()) {
    const int before = Failures();
    test.body();
    std::printf("%s %s\n", Failures() == before ? "ok  " : "FAIL", test.name.c_str());
  }
  std::printf("%zu cases, %d failures\n", Cases().size(), Failures());
  return Failures() == 0 ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN2(a, b)

// TEST("a sentence about the behaviour") { ... }
#define TEST(name)                                                                          \
  static void CHECK_JOIN(Test, __LINE__)();                                                 \
  static const check::Registrar CHECK_JOIN(registrar, __LINE__)(name, CHECK_JOIN(Test, __LINE__)); \
  static void CHECK_JOIN(Test, __LINE__)()

#define CHECK(condition) \
  do {                   \
    if (!(condition)) check::Report(__FILE__, __LINE__, #condition " does not hold"); \
  } while (false)

#define CHECK_EQ(actual, expected) check::Equal(__FILE__, __LINE__, #actual, actual, expected)

#define TEST_MAIN \
  int main() { return check::RunAll(); }

#endif  // SELECTLOOP_TEST_CHECK_H_
