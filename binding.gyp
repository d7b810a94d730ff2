{
  "targets": [
    {
      "target_name": "selectloop",
      "sources": [
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")", "native"],
      "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-frtti", "-fexceptions"]
    }
  ]
}
