# SPDX-License-Identifier: GPL-2.0-only
# For Nix and NixOS: the command with the library, the kernel module for a kernel of nixpkgs, the Python
# package, and a module of NixOS that uses them. The version is that of dkms.conf.
{
  description = "Mmap-able, freezable arrays for stock Linux kernels";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = nixpkgs.lib.genAttrs systems;
      version = builtins.head
        (builtins.match ".*\nPACKAGE_VERSION=\"([^\"]*)\".*" (builtins.readFile ./dkms.conf));

      # the parts of dist/files, all of them below one folder
      tools = pkgs: pkgs.stdenv.mkDerivation {
        pname = "bpfmmap";
        inherit version;
        src = self;
        buildPhase = ''
          parts="make -C dist PREFIX=$out UNITDIR=$out/lib/systemd/system UDEVDIR=$out/lib/udev/rules.d"
          parts="$parts SYSUSERSDIR=$out/lib/sysusers.d MODULESLOADDIR=$out/lib/modules-load.d"
          $parts build
        '';
        installPhase = ''
          for part in lib devel tools system; do
            $parts install-$part
          done
        '';
      };

      module = pkgs: kernel: pkgs.stdenv.mkDerivation {
        pname = "bpfmmap-module";
        version = "${version}-${kernel.modDirVersion}";
        src = self;
        hardeningDisable = [ "pic" "format" ];
        nativeBuildInputs = kernel.moduleBuildDependencies;
        buildPhase = ''
          headers=${kernel.dev}/lib/modules/${kernel.modDirVersion}/build
          make -C $headers M=$PWD/module modules
          [ ! -e module/bpfmmap_bpf.ko ] ||
            sh module/btf/add ${kernel.modDirVersion} $headers module/bpfmmap_bpf.ko
        '';
        installPhase = ''
          install -D -m 644 module/*.ko -t $out/lib/modules/${kernel.modDirVersion}/extra
        '';
      };

      python = pkgs: pkgs.python3Packages.buildPythonPackage {
        pname = "bpfmmap";
        inherit version;
        src = self + "/bindings/python";
        pyproject = true;
        build-system = [ pkgs.python3Packages.setuptools ];
        pythonImportsCheck = [ "bpfmmap" ];
      };
    in
    {
      packages = forEach (system:
        let pkgs = nixpkgs.legacyPackages.${system}; in {
          default = tools pkgs;
          module = module pkgs pkgs.linuxPackages.kernel;
          python = python pkgs;
        });

      # imports = [ bpfmmap.nixosModules.default ]; in the configuration of a machine
      nixosModules.default = { config, pkgs, ... }:
        let command = tools pkgs; in {
          boot.extraModulePackages = [ (module pkgs config.boot.kernelPackages.kernel) ];
          boot.kernelModules = [ "bpfmmap" ];
          environment.systemPackages = [ command ];
          services.udev.packages = [ command ];
          systemd.packages = [ command ];
          users.groups.bpfmmap = { };
        };
    };
}
