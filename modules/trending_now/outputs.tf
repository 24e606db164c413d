output "access_logs_bucket_name" {
  description = "The name of the bucket that receives the access logs of the data lake."
  value       = module.data_lake.access_logs_bucket.name
}

output "alarm_names" {
  description = "The names of all alarms. Those of the service are missing while there is none."
  value       = sort(concat(module.observability.alarm_names, [module.drift_alarm.alarm_name]))
}

output "alarm_topic_arn" {
  description = "The ARN of the topic that alarms go to."
  value       = module.observability.topic_arn
}

output "bucket_names" {
  description = "The names of the buckets of the data lake, by zone."
  value       = { for zone, bucket in module.data_lake.buckets : zone => bucket.name }
}

output "data_scientist_role_arn" {
  description = "The ARN of the role that reads the data lake, or null for none."
  value       = module.data_roles.data_scientist_role_arn
}

output "domain" {
  description = "The DNS records that the domain needs, or null for no domain."
  value       = one(module.app_runner_domain[*])
}

output "drift_alarm_name" {
  description = "The name of the alarm that a drift report raises."
  value       = module.drift_alarm.alarm_name
}

output "instance_role_arn" {
  description = "The ARN of the role of the application."
  value       = module.app_runner_roles.instance_role_arn
}

output "kms_key_arn" {
  description = "The ARN of the key that encrypts the environment."
  value       = module.kms_key.arn
}

output "log_group_name" {
  description = "The name of the application's log group."
  value       = module.observability.log_group_name
}

output "name" {
  description = "The name that all names in the environment begin with."
  value       = local.name
}

output "page_alarm_name" {
  description = "The name of the composite alarm that says whether somebody is needed now."
  value       = module.observability.page_alarm_name
}

output "pipeline_role_arn" {
  description = "The ARN of the role of the data pipeline, or null for none."
  value       = module.data_roles.pipeline_role_arn
}

output "release" {
  description = "The release that the environment was told to run, or null."
  value       = var.release
}

output "repository_name" {
  description = "The name of the ECR repository."
  value       = module.ecr_repository.name
}

output "repository_url" {
  description = "The address of the ECR repository, without tag or digest."
  value       = module.ecr_repository.url
}

output "secret_arns" {
  description = "The ARNs of the secrets, by name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "service_arn" {
  description = "The ARN of the service, or null while nothing is released."
  value       = one(module.app_runner_service[*].arn)
}

output "service_id" {
  description = "The id of the service, or null while nothing is released."
  value       = one(module.app_runner_service[*].id)
}

output "service_image" {
  description = "The image that the service was told to run, by digest, or null while nothing is released."
  value       = one(module.app_runner_service[*].image_identifier)
}

output "service_name" {
  description = "The name of the service, or null while nothing is released."
  value       = one(module.app_runner_service[*].name)
}

output "service_url" {
  description = "The HTTPS address of the service, or null while nothing is released."
  value       = one(module.app_runner_service[*].url)
}
