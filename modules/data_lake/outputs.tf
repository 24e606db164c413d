output "access_logs_bucket" {
  description = "The bucket that receives the access logs of the zones, known once it is fully configured."
  value       = { arn = module.access_logs.arn, name = module.access_logs.name }
}

output "buckets" {
  description = "The bucket of each zone, known once it is fully configured."
  value       = { for zone, bucket in module.zone : zone => { arn = bucket.arn, name = bucket.name } }
}

output "policy_json" {
  description = "The policies as JSON: of each zone's bucket, of the bucket \"access_logs\", and of the role \"replication\" if there is one."
  value = merge(
    { for zone, bucket in module.zone : zone => bucket.policy_json },
    { access_logs = module.access_logs.policy_json },
    { for document in data.aws_iam_policy_document.replication : "replication" => document.json },
  )
}

output "replication_role_arn" {
  description = "The ARN of the role with which S3 copies objects into another account, known once its policy is attached, or null without a replication."
  value       = one(aws_iam_role.replication[*].arn)

  depends_on = [aws_iam_role_policy_attachment.replication]
}
