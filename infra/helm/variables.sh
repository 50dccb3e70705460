# Variables for the commands of infra/README.md: `source` this file.
export AWS_REGION=${Region} CLUSTER=f1-${Environment} DOMAIN=${DomainName} IMAGE_REGISTRY=${ImageRegistry} DATABASE_HOST=${DatabaseHost}
export AWS_LOAD_BALANCER_CONTROLLER=${aws_load_balancer_controller} EXTERNAL_SECRETS=${external_secrets} EXTERNAL_DNS=${external_dns}
export JENKINS=${jenkins} KUBE_PROMETHEUS_STACK=${kube_prometheus_stack} CLOUDWATCH_EXPORTER=${cloudwatch_exporter}
