data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  dns_suffix = data.aws_partition.current.dns_suffix

  # Which policies exist must be known when planning, so it follows from keys
  # and nulls of the inputs and never from ARNs.
  instance_policies = toset(concat(
    length(var.buckets) > 0 ? ["data"] : [],
    length(var.parameter_arns) + length(var.secret_arns) > 0 ? ["secrets"] : [],
    var.telemetry == null ? [] : ["telemetry"],
  ))

  instance_documents = {
    data      = data.aws_iam_policy_document.data.json
    secrets   = data.aws_iam_policy_document.secrets.json
    telemetry = data.aws_iam_policy_document.telemetry.json
  }

  # The services that keep secrets for the application, as they stand in a
  # statement id.
  secret_services = merge(
    length(var.secret_arns) > 0 ? { secretsmanager = "SecretsManager" } : {},
    length(var.parameter_arns) > 0 ? { ssm = "Ssm" } : {},
  )

  bucket_prefixes = { for key, bucket in var.buckets : key => setunion(bucket.read_prefixes, bucket.write_prefixes) }
  buckets_read    = { for key, bucket in var.buckets : key => bucket if length(bucket.read_prefixes) > 0 }
  buckets_written = { for key, bucket in var.buckets : key => bucket if length(bucket.write_prefixes) > 0 }

  statement_names = { for key in keys(var.buckets) : key => replace(title(replace(key, "_", " ")), " ", "") }
}
