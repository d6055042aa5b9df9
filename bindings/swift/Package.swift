// swift-tools-version: 6.0
import PackageDescription

let package = Package(
    name: "crm",
    platforms: [.macOS(.v13), .iOS(.v16)],
    products: [.library(name: "CrmCore", targets: ["CrmCore"])],
    targets: [
        // libcrm itself: its header is generated, the module map is ours. `crm.pc` says where the library lies.
        .systemLibrary(name: "CCrm", pkgConfig: "crm"),
        .target(name: "CrmCore", dependencies: ["CCrm"]),
        .executableTarget(
            name: "contact-book", dependencies: ["CrmCore"], path: "Examples/ContactBook",
            exclude: ["README.md", "expected.txt"]),
        .executableTarget(name: "crm-bench", dependencies: ["CrmCore"], path: "Bench"),
        .executableTarget(name: "crm-conformance", dependencies: ["CrmCore"], path: "Conformance"),
        .testTarget(name: "CrmCoreTests", dependencies: ["CrmCore"]),
    ],
    swiftLanguageModes: [.v6]
)
