"""kubectl, helm, and a real kube-apiserver alone (`make kube`)."""
