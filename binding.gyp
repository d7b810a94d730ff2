{
  "targets": [
    {
      "target_name": "selectloop",
      "sources": [
        "native/binding/address.cc",
        "native/binding/adopted_binding.cc",
        "native/binding/arguments.cc",
        "native/binding/child_binding.cc",
        "native/binding/constants.cc",
        "native/binding/constants_errno.cc",
        "native/binding/constants_protocols.cc",
        "native/binding/describe.cc",
        "native/binding/descriptor_binding.cc",
        "native/binding/host_binding.cc",
        "native/binding/interface_binding.cc",
        "native/binding/message_binding.cc",
        "native/binding/module.cc",
        "native/binding/resolver_binding.cc",
        "native/binding/selector_binding.cc",
        "native/binding/signal_binding.cc",
        "native/binding/socket_binding.cc",
        "native/binding/uv_edges.cc",
        "native/binding/uv_host.cc",
        "native/core/background_call.cc",
        "native/core/child_process.cc",
        "native/core/closing.cc",
        "native/core/control.cc",
        "native/core/deadline.cc",
        "native/core/descriptor_ops.cc",
        "native/core/epoll_wait.cc",
        "native/core/interfaces.cc",
        "native/core/message_ops.cc",
        "native/core/resolver.cc",
        "native/core/selector.cc",
        "native/core/selector_epoll.cc",
        "native/core/selector_poll.cc",
        "native/core/selector_select.cc",
        "native/core/signals.cc",
        "native/core/sockaddr.cc",
        "native/core/socket_ops.cc",
        "native/core/wakeup.cc"
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")", "native"],
      # The last define is for a worker that is terminated while it loads the addon: no JavaScript can run there, so defining exports fails
      # and so does throwing the error. Without it, node-addon-api treats the failed throw as a bug and aborts the process.
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      # A warning of a new compiler must not break the build of a user. Our own builds set SELECTLOOP_STRICT=1.
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fvisibility=hidden", "-Wall", "-Wextra", "<!@(node -p \"process.env.SELECTLOOP_STRICT === '1' ? '-Werror' : '-Wno-error'\")"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-frtti", "-fexceptions"],
      # Never unload the addon: a resolver thread or a signal handler may be running its code when the last environment ends.
      "ldflags": ["-Wl,-z,nodelete"]
    }
  ]
}
