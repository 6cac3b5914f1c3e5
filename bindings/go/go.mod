module bpfmmap

go 1.19
